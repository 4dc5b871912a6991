"""A whole experiment: read a corpus, audit it, run two seeds, look at scores, export, tag."""

from nerbridge import Tagger, audit, evaluate, export, read_corpus, run

corpus = read_corpus("bundled:as")
print({split: len(sentences) for split, sentences in corpus.splits.items()})
for overlap in audit(corpus).overlaps:
    print(overlap.split, "in", overlap.other, overlap.n_shared_sentences, "sentences")

result = run("quickstart", seeds=[13, 21], listen=print)
scores = result.scores_frame()
print(scores.groupby("system", sort=False)[["f1_strict", "precision", "recall"]].mean())
print("interval of the best model:", evaluate(result.best_model, corpus).ci95)
print("report:", result.report)

exported = export(result.folder, "exported", quantise="int8", listen=print)
print(f"{exported.folder}: {exported.n_bytes / 1e6:.1f} MB")
for entity in Tagger.load("exported").tag("কালি ৰমেন দাস গুৱাহাটীত আছিল।"):
    print(entity.type, entity.text, entity.start_char, entity.end_char)
