"""What the agent can do: ask the database, search the FAQ, calculate. Real tools, which also really fail."""

from __future__ import annotations

import sqlite3

from langchain_core.tools import BaseTool, ToolException, tool

from langchain_tierwise.demo.calculator import calculate
from langchain_tierwise.demo.faq import Faq
from langchain_tierwise.demo.shop import Shop


def tools_of(shop: Shop, faq: Faq) -> list[BaseTool]:
    """The agent's tools. What goes wrong in one is told to the agent, which may try again."""

    @tool
    def query_shop(sql: str) -> str:
        """Run one read-only SQLite SELECT on the shop database (orders, order_lines, products, customers, ...)."""
        try:
            return shop.query(sql)
        except sqlite3.Error as error:
            raise ToolException(f"Error: {error}") from error

    @tool
    def shop_schema() -> str:
        """Show the tables and columns of the shop database."""
        return shop.schema()

    @tool
    def search_faq(question: str) -> str:
        """Find the shop's answers to common questions: returns, shipping, payment, warranty, care."""
        return "\n".join(f"Q: {asked}\nA: {answer}" for asked, answer in faq.search(question))

    @tool
    def calculator(expression: str) -> str:
        """Work out an arithmetic expression of numbers, + - * / and brackets."""
        try:
            return f"{calculate(expression):.10g}"
        except ValueError as error:
            raise ToolException(f"Error: {error}") from error

    tools: list[BaseTool] = [query_shop, shop_schema, search_faq, calculator]
    for one in tools:
        one.handle_tool_error = True
    return tools
