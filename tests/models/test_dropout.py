"""Dropout on a CPU: as often as asked, unbiased, with the right gradient, tied to the seed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nerbridge.models.dropout import FastDropout, use_fast_dropout


@pytest.mark.parametrize("p", [0.05, 0.1, 0.5, 0.9])
def test_drops_as_often_as_asked_and_keeps_the_mean(p: float) -> None:
    torch.manual_seed(1)
    out = FastDropout(p)(torch.ones(1000, 1000))
    dropped = (out == 0).double().mean().item()
    assert dropped == pytest.approx(p, abs=0.002)
    assert out.unique().numel() == 2
    assert out.max().item() == pytest.approx(1 / (1 - p), rel=1e-3)


def test_elements_are_dropped_one_by_one() -> None:
    torch.manual_seed(2)
    kept = (FastDropout(0.5)(torch.ones(400, 400)) != 0).double()
    assert kept.mean(0).std().item() == pytest.approx(0.5 / 20, rel=0.2)
    neighbours = torch.corrcoef(torch.stack([kept[:, :-1].flatten(), kept[:, 1:].flatten()]))
    assert abs(neighbours[0, 1].item()) < 0.01


def test_gradient_is_that_of_the_mask() -> None:
    torch.manual_seed(3)
    x = torch.randn(50, 50, requires_grad=True)
    out = FastDropout(0.3)(x)
    out.sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    torch.testing.assert_close(x.grad * x.detach(), out.detach())


def test_the_seed_decides_and_masks_differ_from_call_to_call() -> None:
    dropout, x = FastDropout(0.5), torch.ones(64, 64)
    torch.manual_seed(4)
    first, second = dropout(x), dropout(x)
    torch.manual_seed(4)
    assert torch.equal(dropout(x), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.5, False)])
def test_leaves_alone_what_is_not_to_be_dropped(p: float, training: bool) -> None:
    x = torch.randn(8, 8)
    assert FastDropout(p).train(training)(x) is x


def test_drops_everything_at_one() -> None:
    assert not FastDropout(1.0)(torch.ones(8, 8)).any()


def test_keeps_the_type() -> None:
    assert FastDropout(0.5)(torch.ones(8, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_replaces_every_dropout_and_nothing_else() -> None:
    inner = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.2))
    model = nn.ModuleDict({"a": inner, "b": nn.Dropout(0.4), "c": nn.AlphaDropout(0.1)}).eval()
    before = list(model.state_dict())
    use_fast_dropout(model)
    assert isinstance(inner[1], FastDropout)
    assert (inner[1].p, inner[1].training) == (0.2, False)
    assert isinstance(model["b"], FastDropout)
    assert type(model["c"]) is nn.AlphaDropout
    assert list(model.state_dict()) == before
