"""Text as it is written: graphemes, words, normal forms, scripts; always with a way back."""
