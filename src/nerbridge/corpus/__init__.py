"""Labelled corpora: read, write, check, audit and mix."""

from nerbridge.corpus.reading import build_corpus, read_corpus, read_sentences
from nerbridge.corpus.sampling import mix_sources, take
from nerbridge.corpus.sentence import Corpus, Sentence
from nerbridge.corpus.writing import write_corpus, write_sentences

__all__ = [
    "Corpus",
    "Sentence",
    "build_corpus",
    "mix_sources",
    "read_corpus",
    "read_sentences",
    "take",
    "write_corpus",
    "write_sentences",
]
