"""The router's teacher: takes outcomes in, keeps them as figures, and hands the router what they change."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock, RLock, Thread

import numpy as np

from tierwise.classifier.families import spelt_alike
from tierwise.classifier.learned import N_SIGNAL_FEATURES, Correction, features_of
from tierwise.errors import LearnedError, StepError
from tierwise.learning.calibrate import Calibration, calibrate, digest, kept_promise, promise_kept
from tierwise.learning.ledger import Ledger
from tierwise.learning.opinions import Opinion, opinions
from tierwise.learning.posterior import Posterior, fit_posterior, named_levels
from tierwise.learning.state_file import load_learned, save_learned
from tierwise.policy.cost import expected_output
from tierwise.protocols import FeedbackStore
from tierwise.router import Router
from tierwise.signals import read_step
from tierwise.step import checked_step
from tierwise.taught import Seen
from tierwise.types import KINDS, Floats, Graded, LearnReport, LevelChange, Outcome, Reference, Step

__all__ = ["Teacher"]

log = logging.getLogger(__name__)

_GROWTH = 0.05
"""Feedback and single outcomes refit once so many more are known, as a share of those that the last fit knew."""
_AT_ONCE = 100
"""Outcomes up to which such a refit takes some ten milliseconds, and is made at once. Beyond it takes up to seconds, and is
made in a thread beside: no decision waits for it, and until it is done all are made with what was known before."""
_SEEN_ENOUGH = 5
"""Outcomes on a kind of step from which on the correction counts fully there; before, half of it."""
_TRAFFIC_PRIOR = 200.0
"""Steps of the user's own at which they weigh as much as the wheel's reference traffic, in pricing quality."""
_MOST_TRAFFIC = 2_000


class Teacher:
    """Learns for one router.

    Args:
        router: Whose tiers, classifier and encoder are used; its `correction` is replaced.
        store: Where outcomes are kept; what it holds is learned at once.
    """

    def __init__(self, router: Router, store: FeedbackStore | None = None) -> None:
        self.ledger = Ledger()
        self.posterior: Posterior | None = None
        self._router = router
        self._store = store
        self._waiting = 0
        self._lock = RLock()
        self._fitting = Lock()  # never taken by who holds the other one
        self._beside: Thread | None = None
        if store is not None:  # the router settles once it is built
            self.ledger.add(store.read())

    @property
    def encoder(self) -> str | None:
        """The encoder whose vectors are learned from."""
        embedder = self._router.embedder
        return None if embedder is None else embedder.name

    def learn(self, outcomes: Sequence[Outcome], settle: bool | None = None) -> LearnReport:
        """Takes outcomes in.

        Args:
            outcomes: Any number, in any order; none at all takes up what others have put in the store, and refits now.
            settle: Whether to refit now; by default where it is not just one outcome. One waits until it is due, and then
                the next decision begins the refit.

        Raises:
            LearnedError: The store cannot be written or read; then nothing was learned.
        """
        graded, skipped = self._grade(outcomes)
        with self._lock:
            used = self._take(graded)
            if not outcomes and self._store is not None:
                self.ledger.add(self._store.read())
            before = self._router.correction
        if used < len(graded):
            skipped["known already"] = len(graded) - used
        if settle or (settle is None and len(outcomes) != 1):
            self.settle()
            return self._report(used, skipped, before)
        self._router.stale = self._router.stale or settle is False or self._due()
        when = "from the next decision on" if self._router.stale else "when a twentieth more is known, or by learn([])"
        return LearnReport(used, skipped, len(self.ledger), notes=(f"refitted {when}",))

    def take_feedback(self, decision_id: str, score: float | None, better: bool | None, than: str | None) -> bool:
        """See `Router.feedback`; refits now and then.

        Raises:
            LearnedError: The opinion makes no sense, or no tier is called `than`.
        """
        other = None if than is None else self.model_of(than)
        if than is not None and other is None:
            known = [facts.model for facts in self._router.models.values()]
            raise LearnedError(f"than is {than!r}: give one of the models {known!r}")
        seen = self._router.seen(decision_id)
        found = opinions("" if seen is None else seen.model, score, better, other)
        if seen is not None:
            self._hear(seen, found)
        return seen is not None

    def take_verdict(self, decision_id: str, model: str, weight: float) -> None:
        """Takes in that an answer was visibly unusable; never fails a step."""
        seen = self._router.seen(decision_id)
        try:
            if seen is not None:
                self._hear(seen, [(model, 0.0, weight, "verdict")])
        except Exception as error:
            log.warning("a verdict could not be learned from (%s)", type(error).__name__)

    def _hear(self, seen: Seen, found: Sequence[Opinion]) -> None:
        self._take([_of_seen(seen, *opinion, self.encoder) for opinion in found])
        if self._due():
            self.catch_up()

    def _due(self) -> bool:
        """Whether so much is waiting that refitting pays."""
        with self._lock:
            return self._waiting > _GROWTH * (len(self.ledger) - self._waiting)

    def catch_up(self) -> None:
        """Refits without keeping anybody waiting: at once where that takes milliseconds, else in a thread beside."""
        if len(self.ledger) <= _AT_ONCE:
            self.settle()
            return
        with self._lock:
            self._router.stale = busy = self._beside is not None and self._beside.is_alive()
            if not busy:
                self._beside = Thread(target=self._settle_calmly, name="tierwise-refit", daemon=True)
                self._beside.start()

    def know_all(self) -> None:
        """Returns once every outcome is learned from."""
        if self._waiting or self._router.stale:
            self.settle()
        with self._fitting:  # one may be under way
            return

    def _settle_calmly(self) -> None:
        try:
            self.settle()
        except Exception as error:
            log.warning("outcomes could not be learned from (%s): decisions go on without them", type(error).__name__)

    def settle(self) -> None:
        """Refits from all outcomes. The result depends on which they are, not on their order; more may come meanwhile."""
        with self._fitting:
            with self._lock:
                self._waiting = 0
                self._router.stale = False
            names = tuple(self._router.models)
            models = [facts.model for facts in self._router.models.values()]
            traffics, shares = self.ledger.traffics(), self._shares()
            evidence = self.ledger.evidence(models, self.encoder, traffics)
            if evidence is None:
                return
            posterior = fit_posterior(evidence)
            named = dict(zip(traffics, named_levels(evidence, posterior, len(traffics)).tolist(), strict=True))
            correction = posterior.correction(names, shares, self.encoder, named)
            correction = self._with_traffic(correction, models)
            with self._lock:
                self.posterior = posterior
                self._router.adopt(correction)

    def calibrate(self, outcomes: Sequence[Outcome], quality: float, delta: float) -> Calibration:
        """See `Router.calibrate`."""
        self.know_all()
        return calibrate(self._router, outcomes, quality, delta, self.ledger, self.model_of)

    def save(self, path: Path) -> None:
        """Writes everything to one file."""
        save_learned(
            path, list(self.ledger), [kept_promise(self._router, made) for made in self._router.promises.values()]
        )

    def load(self, path: Path) -> None:
        """Reads a file and learns it, beside what is known already.

        Raises:
            LearnedError: It cannot be read.
        """
        graded, promises = load_learned(path)
        with self._lock:
            self.ledger.add(graded)
        self.settle()
        with self._lock:
            alone = len(self.ledger) <= len(graded)
            for made in promises:
                promise = promise_kept(self._router, made) if alone else None
                if promise is not None:
                    self._router.promise(promise)

    def _grade(self, outcomes: Iterable[Outcome]) -> tuple[list[Graded], dict[str, int]]:
        """Outcomes as figures, and why some are of no use."""
        skipped: Counter[str] = Counter()
        asked: dict[str, tuple[Step, list[tuple[Outcome, str]]]] = {}
        graded: list[Graded] = []
        for outcome in outcomes:
            model = self.model_of(outcome.model)
            seen = self._router.seen(outcome.decision_id) if outcome.decision_id and not outcome.messages else None
            if model is None:
                skipped[f"no tier has the model {outcome.model!r}"] += 1
            elif not _is_share(outcome.score):
                skipped["the score is not between 0 and 1"] += 1
            elif seen is not None:
                graded.append(_of_seen(seen, model, float(outcome.score), 1.0, "outcome", self.encoder))
            else:
                try:
                    step = checked_step(Step(outcome.messages, outcome.tools or ()))
                except StepError:
                    skipped["the messages are not a step"] += 1
                    continue
                asked.setdefault(digest(step), (step, []))[1].append((outcome, model))
        return graded + self._read(asked), dict(skipped)

    def _read(self, asked: Mapping[str, tuple[Step, list[tuple[Outcome, str]]]]) -> list[Graded]:
        if not asked:
            return []
        keep_text = bool(getattr(self._store, "keep_text", False))
        readings = [read_step(step) for step, _ in asked.values()]
        vectors = self._router.vectors(readings)
        estimates = self._router.classifier.estimate(readings, vectors, self._router.models)
        signals = [reading.signals for reading in readings]
        features = features_of(signals, [e.difficulty for e in estimates], vectors).astype(np.float16)
        found = []
        for (key, (step, some)), e, row in zip(asked.items(), estimates, features, strict=True):
            p = {facts.model: e.p_adequate[name] for name, facts in self._router.models.items()}
            text = {"messages": list(step.messages), "tools": list(step.tools)} if keep_text else None
            found += [
                Graded(
                    step=key,
                    model=model,
                    score=float(outcome.score),
                    weight=1.0,
                    features=row,
                    p_adequate=p,
                    kind=e.kind,
                    input_tokens=e.signals.input_tokens,
                    output_tokens=expected_output(e.signals, None),
                    encoder=self.encoder,
                    conversation_id=outcome.conversation_id,
                    traffic=outcome.traffic,
                    text=text,
                )
                for outcome, model in some
            ]
        return found

    def model_of(self, name: str) -> str | None:
        """The model that an outcome is of, named as a tier or as a model, with or without a host in front."""
        if name in self._router.models:
            return self._router.models[name].model
        models = {facts.model for facts in self._router.models.values()}
        alike = [model for model in models if spelt_alike(name, model)]
        return name if name in models else alike[0] if len(alike) == 1 else None

    def _take(self, graded: Sequence[Graded]) -> int:
        """Keeps outcomes, in the store first: what cannot be kept there is not learned, and may be handed over again."""
        with self._lock:
            if self._store is not None and graded:
                self._store.add(graded)
            new = self.ledger.add(graded)
            self._waiting += new
            return new

    def _shares(self) -> Floats:
        counts = Counter(one.kind for one in self.ledger)
        return np.array([1.0 if counts[kind] >= _SEEN_ENOUGH else 0.5 for kind in KINDS])

    def _with_traffic(self, correction: Correction, models: Sequence[str]) -> Correction:
        """The correction with the steps it was learned from as reference traffic, where all tiers have a chance there."""
        rows = [one for one in self.ledger.firsts() if all(model in one.p_adequate for model in models)]
        rows = rows[:: max(1, len(rows) // _MOST_TRAFFIC)]
        rows = [one for one in rows if one.encoder == self.encoder]
        width = max((len(one.features) for one in rows), default=0)
        rows = [one for one in rows if len(one.features) == width]
        if not rows:
            return correction
        prior = np.array([[one.p_adequate[model] for model in models] for one in rows])
        features = np.array([one.features for one in rows], dtype=float)
        p = correction.probabilities(prior, features, [one.kind for one in rows], [one.traffic for one in rows])
        into, out = (np.array([float(getattr(one, f"{side}_tokens")) for one in rows]) for side in ("input", "output"))
        traffic = Reference(p, into, out, np.full(len(rows), 1.0 / len(rows)))
        return correction.with_traffic(traffic, len(rows) / (len(rows) + _TRAFFIC_PRIOR))

    def _report(self, used: int, skipped: Mapping[str, int], before: Correction | None) -> LearnReport:
        after, posterior = self._router.correction, self.posterior
        if after is None or posterior is None:
            return LearnReport(used, skipped, len(self.ledger))
        models = [facts.model for facts in self._router.models.values()]
        names = {model: i for i, model in enumerate(models)}
        groups: dict[tuple[str, str], list[Graded]] = {}
        for one in self.ledger:
            if one.model in names:
                groups.setdefault((one.model, "all"), []).append(one)
                groups.setdefault((one.model, one.kind), []).append(one)
                if one.traffic is not None:
                    groups.setdefault((one.model, one.traffic), []).append(one)
        only = {model for model, kind in groups if sum(m == model for m, _ in groups) == 2}
        changes = tuple(
            _change(model, kind, some, models, before, after, float(posterior.level_sds[names[model]]))
            for (model, kind), some in sorted(groups.items())
            if kind == "all" or model not in only
        )
        return LearnReport(used, skipped, len(self.ledger), posterior.trust, changes)


def _change(
    model: str,
    kind: str,
    some: Sequence[Graded],
    models: Sequence[str],
    before: Correction | None,
    after: Correction,
    sd: float,
) -> LevelChange:
    weight = np.array([one.weight for one in some])
    prior = np.array([[one.p_adequate.get(name, np.nan) for name in models] for one in some])
    score = np.array([one.score for one in some])
    at = models.index(model)

    def mean(values: Floats) -> float:
        return float(weight @ values / weight.sum())

    was = prior[:, at] if before is None else _chances(before, some, prior)[:, at]
    now = _chances(after, some, prior)[:, at]
    return LevelChange(model, kind, len(some), mean(prior[:, at]), mean(score), mean(was), mean(now), sd)


def _chances(correction: Correction, some: Sequence[Graded], prior: Floats) -> Floats:
    """Corrected chances on graded steps, shape (n_steps, n_models); where the prior's are not known, from one half."""
    width = max((len(one.features) for one in some if one.encoder == correction.encoder), default=N_SIGNAL_FEATURES)
    features = np.zeros((len(some), width))
    for row, one in zip(features, some, strict=True):
        if one.encoder == correction.encoder and len(one.features) == width:
            row[:] = one.features
        else:
            row[:N_SIGNAL_FEATURES] = one.features[:N_SIGNAL_FEATURES]
    kinds, traffics = [one.kind for one in some], [one.traffic for one in some]
    return correction.probabilities(np.where(np.isnan(prior), 0.5, prior), features, kinds, traffics)


def _of_seen(seen: Seen, model: str, score: float, weight: float, origin: str, encoder: str | None) -> Graded:
    return Graded(
        step=seen.decision_id,  # as evenly spread as digests are
        model=model,
        score=score,
        weight=weight,
        features=features_of([seen.signals], [seen.difficulty], seen.vectors)[0].astype(np.float16),
        p_adequate=seen.p_adequate,
        kind=seen.signals.kind,
        input_tokens=seen.signals.input_tokens,
        output_tokens=expected_output(seen.signals, None),
        origin=origin,
        encoder=encoder,
        conversation_id=seen.conversation_id,
        traffic=seen.traffic,
    )


def _is_share(score: object) -> bool:
    return not isinstance(score, bool) and isinstance(score, int | float) and 0 <= score <= 1
