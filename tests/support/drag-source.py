"""A window from which a file can be dragged, as from a file manager: text/uri-list over XDND."""
import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

title, path = sys.argv[1], Path(sys.argv[2])
window = Gtk.Window(title=title)
window.set_default_size(200, 200)
handle = Gtk.EventBox()
handle.add(Gtk.Label(label=path.name))
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-data-get", lambda _w, _c, data, _i, _t: data.set_uris([path.as_uri()]))
handle.connect("drag-end", lambda *_: print("drag-end", flush=True))
window.add(handle)
window.connect("destroy", Gtk.main_quit)
window.show_all()
print("ready", flush=True)
Gtk.main()
