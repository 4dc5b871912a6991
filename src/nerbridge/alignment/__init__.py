"""Words and subwords: encoding, windows over long sentences, and the only decoder.

Needs numpy and `tokenizers`, never torch: training, evaluation, the tagger and the server share it.
"""
