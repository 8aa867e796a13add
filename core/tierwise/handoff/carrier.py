"""Carries histories to the tiers of one router, and remembers between steps what that takes: makers, and summaries."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from tierwise.conversation.makers import Makers, maker_name, seals_of
from tierwise.conversation.summariser import Summariser
from tierwise.handoff.fitted import fitted_edits
from tierwise.policy.counting import with_spare
from tierwise.tiers import Tier
from tierwise.types import ConversationState, Edit, Message, Step

__all__ = ["Carrier"]

log = logging.getLogger(__name__)


class Carrier:
    """The handoff of one router.

    Args:
        summariser: Writes what stands in the place of messages that fit no window.
    """

    def __init__(self, summariser: Summariser) -> None:
        self._summariser = summariser
        self._makers = Makers()

    def edits(
        self,
        step: Step,
        tier: Tier,
        input_tokens: int,
        factors: Mapping[str, float],
        state: ConversationState,
        walks: dict[str, Any] | None = None,
    ) -> tuple[tuple[Edit, ...], int]:
        """The edits for a tier, and the estimated tokens that are then sent.

        Where they cannot be made out, the history goes as it stands, as it would without us.

        Args:
            step: The step.
            tier: Who takes it.
            input_tokens: As estimated, messages and tools.
            factors: Tier name to the tokens that it counts for an estimated one.
            state: What is known of the conversation.
            walks: What is kept of the beginning of this very history; what is found now is put in.
        """

        def maker_of(message: Message) -> Mapping[str, str | None] | None:
            return self._makers.of(message, state.user, state.makers)

        try:
            factor = with_spare(factors, (tier,), state)[tier.name]
            walks = {} if walks is None else walks
            return fitted_edits(step, tier, input_tokens, factor, self._summariser.over, walks, maker_of)
        except Exception as error:
            log.warning("the handoff to %r failed (%s): the history goes unchanged", tier.name, type(error).__name__)
            return (), input_tokens

    def signed(self, message: Message, tier: Tier, state: ConversationState) -> tuple[str, tuple[str, ...]]:
        """A tier's name as a maker, and digests of what it has signed in its answer, which are remembered here."""
        maker, seals = maker_name(tier.provider, tier.model or tier.name), seals_of(message)
        if seals:
            self._makers.note(seals, maker, state.user, state.conversation_id)
        return maker, seals

    def forget(self, conversation_id: str, user: str | None = None) -> None:
        """Lets go of what was made in a conversation; of all summaries, which do not say whose they are."""
        self._makers.forget(conversation_id, user)
        self._summariser.forget()
