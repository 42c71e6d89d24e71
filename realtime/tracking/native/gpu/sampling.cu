// Cutting what a network sees out of a picture, as realtime/tracking/native/sampling.py does it on a CPU: in
// fixed point, samples on multiples of 1/32 pixel, rounded to whole numbers 0-255. One thread a sample.

extern "C" __global__ void sample(const unsigned char *image, int width, int height, const double *to_image,
                                  int columns, int rows, float gain, float bias, int repeat_border,
                                  float *rasters) {
    int u = blockIdx.x * blockDim.x + threadIdx.x;
    int v = blockIdx.y * blockDim.y + threadIdx.y;
    int raster = blockIdx.z;
    if (u >= columns || v >= rows) return;
    const double *m = to_image + 6 * raster;
    int x = (int)rint(m[0] * u * 1024.0) + (int)rint((m[1] * v + m[2]) * 1024.0) + 16;
    int y = (int)rint(m[3] * u * 1024.0) + (int)rint((m[4] * v + m[5]) * 1024.0) + 16;
    x >>= 5;
    y >>= 5;
    int part_x = x & 31, part_y = y & 31;
    x >>= 5;
    y >>= 5;
    int total[3] = {512, 512, 512};
    for (int corner = 0; corner < 4; ++corner) {
        int right = corner & 1, down = corner >> 1;
        int weight = (right ? part_x : 32 - part_x) * (down ? part_y : 32 - part_y);
        int column = x + right, row = y + down;
        bool inside = column >= 0 && column < width && row >= 0 && row < height;
        if (!inside && !repeat_border) continue;
        column = min(max(column, 0), width - 1);
        row = min(max(row, 0), height - 1);
        const unsigned char *pixel = image + 3 * ((size_t)row * width + column);
        for (int c = 0; c < 3; ++c) total[c] += weight * pixel[c];
    }
    float *out = rasters + 3 * (((size_t)raster * rows + v) * columns + u);
    for (int c = 0; c < 3; ++c) out[c] = (float)(total[c] >> 10) * gain + bias;
}
