"""Which unlabelled sentences are most worth labelling, written for the tools that label them."""
