"""Scores of predicted tags, and what can be said about them: intervals, tests, errors.

Everything starts from entity counts per sentence (:mod:`nerbridge.evaluation.counts`); resampling
works on those counts and never runs a model or a scorer again.
"""
