"""Tiers that answer without a model, and abstain where they are not sure.

    from tierwise import Router, Tier
    from tierwise.handlers.faq import FAQ

    Router([Tier("faq", handler=FAQ.from_file("faq.yaml")), Tier("small", model="gpt-4.1-nano"), Tier("top", …)])

Each module holds one handler. They know nothing of each other, of tiers with a model, or of prices.
"""
