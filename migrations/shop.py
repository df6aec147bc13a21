"""The models of a small shop: what its tables look like at the newest revision.

`alembic check` compares them with a database, `alembic revision --autogenerate` writes the difference down.
A revision never imports them: it must mean the same in a year, when they have moved on.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, MetaData, Numeric, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Names that every database agrees on: a constraint without a name cannot be dropped by a later revision.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(primary_key=True)]
Money = Annotated[Decimal, mapped_column(Numeric(10, 2))]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Base(DeclarativeBase):
    """What all models share: the naming of constraints."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Customer(Base):
    """Who buys."""

    __tablename__ = "customers"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))


class Category(Base):
    """A shelf of the catalogue."""

    __tablename__ = "categories"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(100), unique=True)


class Product(Base):
    """What is sold; `price` is today's."""

    __tablename__ = "products"

    id: Mapped[Key]
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    price: Mapped[Money]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))


class Order(Base):
    """What a customer bought at one time; `total` is the sum of its lines."""

    __tablename__ = "orders"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    placed_at: Mapped[Moment] = mapped_column(index=True)
    total: Mapped[Money]


class OrderLine(Base):
    """One product of an order; `unit_price` is the price on that day."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int]
    unit_price: Mapped[Money]


class Payment(Base):
    """Money that arrived for an order; `reference` is the payment provider's."""

    __tablename__ = "payments"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    reference: Mapped[str] = mapped_column(String(128), unique=True)
    amount: Mapped[Money]
    received_at: Mapped[Moment]
