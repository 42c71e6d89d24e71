// Cutting what networks see out of a picture on a GPU, one thread a sample: what loops do on a CPU.

// Raster column u and row v lie at pixel (xx u + xy v + x0, yx u + yy v + y0).
#define MATRIX double xx, double xy, double x0, double yx, double yy, double y0

// realtime/tracking/native/sampling.py: in fixed point, samples on multiples of 1/32 pixel, rounded to whole
// numbers 0-255. Writes (rows, columns, 3).
extern "C" __global__ void sample(const unsigned char *image, int width, int height, MATRIX, int columns,
                                  int rows, float gain, float bias, int repeat_border, float *raster) {
    int u = blockIdx.x * blockDim.x + threadIdx.x;
    int v = blockIdx.y * blockDim.y + threadIdx.y;
    if (u >= columns || v >= rows) return;
    int x = (int)rint(xx * u * 1024.0) + (int)rint((xy * v + x0) * 1024.0) + 16;
    int y = (int)rint(yx * u * 1024.0) + (int)rint((yy * v + y0) * 1024.0) + 16;
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
    float *out = raster + 3 * ((size_t)v * columns + u);
    for (int c = 0; c < 3; ++c) out[c] = (float)(total[c] >> 10) * gain + bias;
}

// realtime/tracking/crop.py: the mean of n x n bilinear samples, outside of the picture its border. Writes
// (1, rows, columns) of the luma or (3, rows, columns) of the colours.
extern "C" __global__ void crop(const unsigned char *image, int width, int height, MATRIX, int columns,
                                int rows, int n, int grey, float gain_r, float gain_g, float gain_b, float bias_r,
                                float bias_g, float bias_b, float *raster) {
    int u = blockIdx.x * blockDim.x + threadIdx.x;
    int v = blockIdx.y * blockDim.y + threadIdx.y;
    if (u >= columns || v >= rows) return;
    float total[3] = {0.0f, 0.0f, 0.0f};
    for (int j = 0; j < n; ++j) {
        for (int i = 0; i < n; ++i) {
            double du = u + (i + 0.5) / n - 0.5, dv = v + (j + 0.5) / n - 0.5;
            double x = min(max(xx * du + xy * dv + x0, 0.0), width - 1.0);
            double y = min(max(yx * du + yy * dv + y0, 0.0), height - 1.0);
            int column = (int)x, row = (int)y;
            float right = (float)(x - column), down = (float)(y - row);
            const unsigned char *pixel = image + 3 * ((size_t)row * width + column);
            size_t across = column < width - 1 ? 3 : 0, below = row < height - 1 ? 3 * (size_t)width : 0;
            for (int c = 0; c < 3; ++c) {
                float a = pixel[c], b = pixel[across + c], d = pixel[below + c], e = pixel[below + across + c];
                float upper = a + right * (b - a), lower = d + right * (e - d);
                total[c] += upper + down * (lower - upper);
            }
        }
    }
    float share = 1.0f / (n * n);
    size_t at = (size_t)v * columns + u, plane = (size_t)rows * columns;
    if (grey) {
        raster[at] = (0.299f * total[0] + 0.587f * total[1] + 0.114f * total[2]) * share * gain_r + bias_r;
    } else {
        raster[at] = total[0] * share * gain_r + bias_r;
        raster[plane + at] = total[1] * share * gain_g + bias_g;
        raster[2 * plane + at] = total[2] * share * gain_b + bias_b;
    }
}
