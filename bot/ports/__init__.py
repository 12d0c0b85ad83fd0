"""The world, as far as the bot needs it, and the ways in which it can fail. Two kits: Bench (no writer), Desk (no model)."""

from bot.ports.failures import Denied, Moved, TooLong, Unavailable
from bot.ports.github import Ci, Forge, Notices, Offer, Opening, Pulls
from bot.ports.kits import Bench, Clock, Desk, Keeper, Kit, Ledger, Purse, Renderer, Watcher
from bot.ports.models import Call, Model, Prompt, Reply, Said, Shown, Told, Tool, Turn, weight
from bot.ports.repository import Hit, Layer, Sandbox, Sources, Tree, Trees, Writer

__all__ = [
    "Bench",
    "Call",
    "Ci",
    "Clock",
    "Denied",
    "Desk",
    "Forge",
    "Hit",
    "Keeper",
    "Kit",
    "Layer",
    "Ledger",
    "Model",
    "Moved",
    "Notices",
    "Offer",
    "Opening",
    "Prompt",
    "Pulls",
    "Purse",
    "Renderer",
    "Reply",
    "Said",
    "Sandbox",
    "Shown",
    "Sources",
    "Told",
    "TooLong",
    "Tool",
    "Tree",
    "Trees",
    "Turn",
    "Unavailable",
    "Watcher",
    "Writer",
    "weight",
]
