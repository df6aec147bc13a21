"""merge carts and orders"""

revision = "merged"
down_revision = ("left", "right")


def upgrade():
    pass


def downgrade():
    pass
