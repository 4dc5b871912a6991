"""Reference systems: a linear CRF, so that everybody sees what an encoder buys."""

from __future__ import annotations

from itertools import chain

from nerbridge.models.crf import train_crf
from nerbridge.models.folder import CRF_FILE, new_folder
from nerbridge.models.manifest import write_manifest
from nerbridge.training.data import Labelled
from nerbridge.training.run import Run, StageListener, StageProgress
from nerbridge.training.scoring import evaluate_and_record

CRF_SYSTEMS = ("crf_target", "crf_transfer", "crf_all")
TARGET_REPEATS = 10
"""How often the few target sentences are repeated beside the many source sentences in
``crf_all``."""
CRF_SEED = 0
"""A CRF starts from no random weights and is trained once, whatever the seeds of the others. Where
the recipe takes a sample of a corpus, this is its seed. The interval does not cover the sample."""


def run_references(run: Run, listen: StageListener) -> None:
    """The CRF on the target alone, on the sources alone, and on both together."""
    for system in CRF_SYSTEMS if run.recipe.reference.crf else ():
        if run.folder.read_result(system, CRF_SEED) is not None:
            continue
        listen(StageProgress(system, CRF_SEED, 0.0, "training"))
        if not run.folder.model(system, CRF_SEED).is_dir():
            _train(run, system)
        evaluate_and_record(run, system, CRF_SEED, listen)


def crf_training_set(run: Run, system: str) -> list[Labelled]:
    """What a CRF system learns from; in ``crf_all`` the few target sentences count repeatedly."""
    target = run.data.target_train(CRF_SEED)
    sources = run.data.source_train(CRF_SEED)
    return {
        "crf_target": [target],
        "crf_transfer": [sources],
        "crf_all": [sources, *[target] * TARGET_REPEATS],
    }[system]


def _train(run: Run, system: str) -> None:
    parts = crf_training_set(run, system)
    pairs = chain.from_iterable(zip(p.words, p.tags, strict=True) for p in parts)
    manifest = run.manifest(system, CRF_SEED, "crf").model_copy(update={"method": "crf"})
    with new_folder(run.folder.model(system, CRF_SEED)) as temporary:
        train_crf(pairs, temporary / CRF_FILE)
        write_manifest(temporary, manifest)
