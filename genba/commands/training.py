"""`genba training`: a world to learn in, with a database of its own."""

import os

import click


@click.group("training")
def training() -> None:
    """The training world: sample data, the virtual phone, nothing that leaves."""


@training.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Build the training world anew, and serve it.

    Its database is GENBA_TRAINING_DATABASE_URL (var/training.db by default), which is emptied at every start; it is
    reached under GENBA_TRAINING_PUBLIC_URL. Nothing else of the environment is read. Logins and password stand on its
    sign-in page.
    """
    import uvicorn  # noqa: PLC0415 - heavy, and only wanted here

    from genba.commands.serve import server_options  # noqa: PLC0415
    from genba.training_server import build_training_app  # noqa: PLC0415
    from genba.training_world import ROLE_LOGINS, enter_environment, open_world  # noqa: PLC0415

    settings = enter_environment(os.environ, port)
    with open_world(settings) as world:
        click.echo("Building the training world …", err=True)
        world.build()
        world.start_clock()
        app = build_training_app(world, port)
        click.echo(f"模擬環境 http://{host}:{port}  {' '.join(ROLE_LOGINS.values())} / {world.password}")
        options = {name: value for name, value in server_options().items() if name != "factory"}
        uvicorn.run(app, host=host, port=port, **options)


commands: dict[str, click.Command] = {"training": training}
