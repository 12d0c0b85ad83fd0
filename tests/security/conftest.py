"""What these stories share with those of the flow: a GitHub at whose end nothing may have happened that nobody looked at."""

from tests.flow.conftest import issue, models, shop, world

__all__ = ("issue", "models", "shop", "world")
