import sqlalchemy as sa


def key():
    return sa.Column("id", sa.Integer, primary_key=True)
