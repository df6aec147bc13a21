"""The shop: its models, and the revisions that its databases went through."""
