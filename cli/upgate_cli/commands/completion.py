"""`upgate completion`: the shell's own completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_UPGATE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands and options.

    \b
    Once, for all new shells:
      bash  upgate completion bash >> ~/.bashrc
      zsh   upgate completion zsh >> ~/.zshrc
      fish  upgate completion fish > ~/.config/fish/completions/upgate.fish
    """
    root = ctx.find_root()
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(root.command, {}, root.info_name or "upgate", _VARIABLE).source())
