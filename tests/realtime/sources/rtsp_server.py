"""A real RTSP server on loopback, run with the system's Python, which has GStreamer's bindings.

    /usr/bin/python3 rtsp_server.py [PORT [WIDTHxHEIGHT [PASSWORD]]]

prints one line `port N` when it listens and runs until it is killed. Mount points:

    /h264      of that size, 320x240 if left out, at 25 fps, a key frame every 0.4 s
    /bframes   the same with two B-frames between references
    /sound     H.264 and an A-law audio track
    /soundonly an A-law audio track and nothing else
    /mjpeg     Motion JPEG
    /h265      H.265
    /short     50 frames, then end of stream
    /resized   H.264, by turns 15 frames of that size and 15 of half of it
    /wrapping  H.264 whose RTP time stamps run through their 32 bits and begin again at 0 after a second
    /udp       H.264 over UDP only
    /lossy     the same by a network that loses packets, delays some and mixes up their order
    /private   /h264 for user `viewer`, password `s3cret`, or the given one, only
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PORT, SIZE, PASSWORD = [*sys.argv[1:], *("0", "320x240", "s3cret")[len(sys.argv) - 1 :]]
WIDTH, HEIGHT = (int(side) for side in SIZE.split("x"))
RAW = "video/x-raw,format=I420,width={},height={},framerate=25/1"
CAMERA = f"videotestsrc is-live=true {{more}} ! {RAW.format(WIDTH, HEIGHT)}"
X264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10"
H264 = f"{X264} ! rtph264pay name=pay0 config-interval=1"
B_FRAMES = (
    "x264enc bframes=2 b-adapt=false rc-lookahead=2 speed-preset=veryfast key-int-max=12 "
    "! video/x-h264,profile=main ! rtph264pay name=pay0 config-interval=1"
)
H265 = (
    "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph265pay name=pay0 config-interval=1"
)
SOUND = "audiotestsrc is-live=true ! alawenc ! rtppcmapay"
# One slice a picture: GStreamer 1.22 writes the size before every slice, which breaks pictures of several.
RESIZED = f"videoscale ! capsfilter name=size ! {X264} threads=1 ! rtph264pay name=pay0 config-interval=-1"
WRAPPING = f"{X264} ! rtph264pay name=pay0 config-interval=1 timestamp-offset={2**32 - 90_000}"
LOSSY = (
    f"{X264} ! rtph264pay mtu=600 config-interval=1 "
    "! netsim name=pay0 drop-probability=0.02 delay-probability=0.05 min-delay=5 max-delay=40"
)

MOUNTS = {
    "/h264": f"{CAMERA.format(more='')} ! {H264}",
    "/bframes": f"{CAMERA.format(more='')} ! {B_FRAMES}",
    "/sound": f"{CAMERA.format(more='')} ! {H264} {SOUND} name=pay1",
    "/soundonly": f"{SOUND} name=pay0",
    "/mjpeg": f"{CAMERA.format(more='')} ! jpegenc ! rtpjpegpay name=pay0",
    "/h265": f"{CAMERA.format(more='')} ! {H265}",
    "/short": f"{CAMERA.format(more='num-buffers=50')} ! {H264}",
    "/resized": f"videotestsrc is-live=true ! {RESIZED}",
    "/wrapping": f"{CAMERA.format(more='')} ! {WRAPPING}",
    "/udp": f"{CAMERA.format(more='')} ! {H264}",
    "/lossy": f"{CAMERA.format(more='')} ! {LOSSY}",
    "/private": f"{CAMERA.format(more='')} ! {H264}",
}


def resize_by_turns(factory, media) -> None:  # noqa: ARG001
    """Have the pictures of a new stream scaled to one size and the other, 15 at a time."""
    size = media.get_element().get_by_name("size")
    taken = 0

    def take(pad, info):  # noqa: ARG001
        nonlocal taken
        if taken % 15 == 0:
            part = taken // 15 % 2 + 1
            size.set_property("caps", Gst.Caps.from_string(RAW.format(WIDTH // part, HEIGHT // part)))
        taken += 1
        return Gst.PadProbeReturn.OK

    size.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, take)
    size.set_property("caps", Gst.Caps.from_string(RAW.format(WIDTH, HEIGHT)))


def main() -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(PORT)

    auth = GstRtspServer.RTSPAuth()
    viewer = GstRtspServer.RTSPToken()
    viewer.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", PASSWORD), viewer)
    anyone = GstRtspServer.RTSPToken()
    anyone.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "anyone")
    auth.set_default_token(anyone)
    server.set_auth(auth)

    mounts = server.get_mount_points()
    for path, pipeline in MOUNTS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
        if path in ("/udp", "/lossy"):
            factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
        if path == "/resized":
            factory.connect("media-configure", resize_by_turns)
        permissions = GstRtspServer.RTSPPermissions.new()
        for role in ("viewer", "anyone"):
            # who may see a mount point but not construct it is answered 401, who may not see it 404
            may = str(role == "viewer" or path != "/private").lower()
            rights = f"{role},media.factory.access=true,media.factory.construct={may}"
            permissions.add_role_from_structure(Gst.Structure.from_string(rights)[0])
        factory.set_permissions(permissions)
        mounts.add_factory(path, factory)

    server.attach(None)
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
