"""Networks of bottleneck blocks on a CPU, in machine code made for them: twice as fast as LiteRT.

A bottleneck block is PReLU(x + W2 D PReLU(W1 x)): a pointwise convolution to few channels, a depthwise one of
3 x 3, a pointwise one back (MobileNetV2's block turned inside out; MediaPipe's face mesh is made of them).
Run operator by operator, such a network spends its time on carrying channels to memory and back. Here a block
is one pass over tiles that stay in the nearest cache, and the convolutions keep their sums in registers.
"""
