"""A real RTSP server on loopback, run with the system's Python, which has GStreamer's bindings.

    /usr/bin/python3 rtsp_server.py [PORT [WIDTHxHEIGHT]]

prints one line `port N` when it listens and runs until it is killed. Mount points:

    /h264      of that size, 320x240 if left out, at 25 fps, a key frame every 0.4 s
    /bframes   the same with two B-frames between references
    /sound     H.264 and an A-law audio track
    /mjpeg     Motion JPEG
    /short     50 frames, then end of stream
    /private   /h264 for user `viewer`, password `s3cret` only
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PORT = sys.argv[1] if len(sys.argv) > 1 else "0"
SIZE = sys.argv[2] if len(sys.argv) > 2 else "320x240"
WIDTH, HEIGHT = SIZE.split("x")
CAMERA = (
    "videotestsrc is-live=true {more} "
    f"! video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate=25/1"
)
H264 = (
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 config-interval=1"
)
B_FRAMES = (
    "x264enc bframes=2 b-adapt=false rc-lookahead=2 speed-preset=veryfast key-int-max=12 "
    "! video/x-h264,profile=main ! rtph264pay name=pay0 config-interval=1"
)

MOUNTS = {
    "/h264": f"{CAMERA.format(more='')} ! {H264}",
    "/bframes": f"{CAMERA.format(more='')} ! {B_FRAMES}",
    "/sound": f"{CAMERA.format(more='')} ! {H264} audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay1",
    "/mjpeg": f"{CAMERA.format(more='')} ! jpegenc ! rtpjpegpay name=pay0",
    "/short": f"{CAMERA.format(more='num-buffers=50')} ! {H264}",
    "/private": f"{CAMERA.format(more='')} ! {H264}",
}


def main() -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(PORT)

    auth = GstRtspServer.RTSPAuth()
    viewer = GstRtspServer.RTSPToken()
    viewer.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", "s3cret"), viewer)
    anyone = GstRtspServer.RTSPToken()
    anyone.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "anyone")
    auth.set_default_token(anyone)
    server.set_auth(auth)

    mounts = server.get_mount_points()
    for path, pipeline in MOUNTS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
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
