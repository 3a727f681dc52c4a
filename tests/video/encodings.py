"""Encodings that stress what may be skipped: name -> arguments of `render`."""

VFR = [k * 40 + (k * 7919 % 31) for k in range(75)]

ENCODINGS: dict[str, tuple[str, dict[str, object]]] = {
    "h264_b0_gop250.mp4": ("libx264", {"gop": 250, "bf": "0"}),
    "h264_b3_gop250.mp4": ("libx264", {"gop": 250, "bf": "3", "x264-params": "scenecut=0"}),
    "h264_pyramid.mp4": ("libx264", {"gop": 30, "x264-params": "b-pyramid=normal:bframes=5"}),
    "h264_pyramid_strict.mkv": ("libx264", {"x264-params": "b-pyramid=strict:bframes=4:ref=6"}),
    "h264_gop1.mp4": ("libx264", {"gop": 1}),
    "h264_gop30.mkv": ("libx264", {"gop": 30}),
    "h264_scenecuts.mp4": ("libx264", {"gop": 250, "x264-params": "scenecut=80"}),
    "h264_open_gop.mp4": ("libx264", {"gop": 15, "x264-params": "open-gop=1:bframes=3"}),
    "h264_open_gop.ts": ("libx264", {"gop": 15, "x264-params": "open-gop=1:bframes=3"}),
    "h264_intra_refresh.mp4": ("libx264", {"gop": 20, "x264-params": "intra-refresh=1"}),
    "h264_slices.mp4": ("libx264", {"x264-params": "slices=4"}),
    "h264_interlaced.mp4": ("libx264", {"x264-params": "tff=1:bframes=2"}),
    "h264_baseline.mp4": ("libx264", {"profile": "baseline"}),
    "h264_10bit.mp4": ("libx264", {"pix_fmt": "yuv420p10le"}),
    "h264_444.mp4": ("libx264", {"pix_fmt": "yuv444p"}),
    "h264_annexb.ts": ("libx264", {"gop": 30}),
    "h264_raw.h264": ("libx264", {"gop": 30}),
    "h264.flv": ("libx264", {"gop": 30}),
    "h264.avi": ("libx264", {"gop": 30, "bf": "0"}),
    "h264_vfr.mp4": ("libx264", {"gop": 30, "times": VFR}),
    "h264_vfr.mkv": ("libx264", {"gop": 30, "times": VFR}),
    "h264_rotated.mp4": ("libx264", {"gop": 30, "rotation": 90}),
    "h264_fragmented.mp4": (
        "libx264",
        {"gop": 30, "container": {"movflags": "frag_keyframe+empty_moov"}},
    ),
    "hevc.mp4": ("libx265", {"gop": 30, "x265-params": "open-gop=0:bframes=4:log-level=none"}),
    "hevc_no_pyramid.mp4": ("libx265", {"x265-params": "b-pyramid=0:open-gop=0:log-level=none"}),
    "hevc_open_gop.mp4": ("libx265", {"gop": 15, "x265-params": "open-gop=1:log-level=none"}),
    "hevc_layers.mkv": (
        "libx265",
        {"x265-params": "temporal-layers=2:open-gop=0:bframes=3:log-level=none"},
    ),
    "hevc_10bit.mp4": ("libx265", {"pix_fmt": "yuv420p10le", "x265-params": "log-level=none"}),
    "hevc.ts": ("libx265", {"gop": 30, "x265-params": "open-gop=0:log-level=none"}),
    "vp9.webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    "mpeg2.mpg": ("mpeg2video", {"bf": "2", "gop": 12}),
    "mpeg4_b.avi": ("mpeg4", {"bf": "2", "gop": 12}),
    "mpeg4.mp4": ("mpeg4", {"gop": 12}),
    "mjpeg.avi": ("mjpeg", {"pix_fmt": "yuvj420p"}),
    "prores.mov": ("prores", {"pix_fmt": "yuv422p10le"}),
    "ffv1.mkv": ("ffv1", {"gop": 10}),
}

# Where packets are skipped: at least these; a change that switches skipping off would go unseen.
SKIPPING = frozenset(
    {
        "h264_b0_gop250.mp4",
        "h264_b3_gop250.mp4",
        "h264_pyramid.mp4",
        "h264_pyramid_strict.mkv",
        "h264_gop1.mp4",
        "h264_gop30.mkv",
        "h264_open_gop.mp4",
        "h264_slices.mp4",
        "h264_vfr.mp4",
        "h264_rotated.mp4",
        "h264_fragmented.mp4",
        "hevc.mp4",
        "hevc_open_gop.mp4",
        "hevc_layers.mkv",
        "prores.mov",
        "mjpeg.avi",
    }
)
