"""The world, as far as the bot needs it, and the ways in which it can fail. Two kits: Bench (no writer), Desk (no model)."""

from bot.failures import Denied, Moved, TooLong, Unavailable
from bot.ports.checkup import Books, Catalog, Hosting, Limit, Site, Standing
from bot.ports.github import Ci, Forge, Notices, Offer, Opening, Pulls
from bot.ports.kits import UNOBSERVED, Bench, Clock, Desk, Halted, Keeper, Kit, Ledger, Observer, Purse, Renderer, Watcher, never
from bot.ports.models import Call, Model, Prompt, Reply, Said, Shown, Told, Tool, Turn, weight
from bot.ports.repository import Hit, Layer, Sandbox, Sources, Tree, Trees, Writer

__all__ = [
    "UNOBSERVED",
    "Bench",
    "Books",
    "Call",
    "Catalog",
    "Ci",
    "Clock",
    "Denied",
    "Desk",
    "Forge",
    "Halted",
    "Hit",
    "Hosting",
    "Keeper",
    "Kit",
    "Layer",
    "Ledger",
    "Limit",
    "Model",
    "Moved",
    "Notices",
    "Observer",
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
    "Site",
    "Sources",
    "Standing",
    "Told",
    "TooLong",
    "Tool",
    "Tree",
    "Trees",
    "Turn",
    "Unavailable",
    "Watcher",
    "Writer",
    "never",
    "weight",
]
