"""What the LiteLLM proxy is told to serve: one model without an upstream, the others through our own server."""

from pathlib import Path
from typing import Any

import yaml

MASTER = "sk-the-proxys-own-key"
CAPPED_USD = 0.0005
"""What the model `capped` may cost; one call of a thousand tokens costs more."""
OWN = {"input_cost_per_token": 1.0e-6, "output_cost_per_token": 2.0e-6, "cache_read_input_token_cost": 1.0e-7}
"""US dollars a token, as an owner writes them for a model that no price map knows."""


def write(folder: Path, upstream: str) -> Path:
    """The proxy's configuration. It tries nothing twice and remembers no failure: what is tried again is tried by us."""

    def through(name: str, model: str, **more: Any) -> dict[str, Any]:
        params = {"model": f"openai/{model}", "api_base": upstream, "api_key": "sk-the-upstreams", "max_retries": 0}
        return {"model_name": name, "litellm_params": params | more}

    mock = {"model": "openai/gpt-4o-mini", "api_key": "sk-none", "mock_response": "mocked hello"}
    models = [
        {"model_name": "mocked", "litellm_params": mock},
        through("priced", "gpt-4o"),
        through("own", "our-own") | {"model_info": OWN},
        through("unpriced", "nobody-knows"),
        through("capped", "gpt-4o-mini", max_budget=CAPPED_USD, budget_duration="1d"),
        through("low-budget-grammar", "gpt-4.1-nano"),
        through("flaky", "gpt-4.1"),
        through("spare", "gpt-4.1-mini"),
    ]
    router = {"num_retries": 0, "disable_cooldowns": True, "fallbacks": [{"flaky": ["spare"]}]}
    config = {"model_list": models, "router_settings": router, "general_settings": {"master_key": MASTER}}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path
