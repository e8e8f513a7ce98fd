"""Networks as a PyTorch user writes them, in torchvision's manner, small enough to run at once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class VGG(nn.Module):
    """Convolutions and poolings, then three linear layers behind a flatten."""

    def __init__(self, width=4, classes=5):
        super().__init__()
        steps, channels = [], 3
        for item in (width, "M", 2 * width, 2 * width, "M", 3 * width, "M"):
            if item == "M":
                steps.append(nn.MaxPool2d(2, 2))
            else:
                steps += [nn.Conv2d(channels, item, 3, padding=1), nn.ReLU(inplace=True)]
                channels = item
        self.features = nn.Sequential(*steps)
        self.avgpool = nn.AdaptiveAvgPool2d((2, 3))
        self.classifier = nn.Sequential(
            nn.Linear(channels * 6, 10),
            nn.ReLU(True),
            nn.Dropout(),
            nn.Linear(10, 8),
            nn.ReLU(True),
            nn.Linear(8, classes),
        )

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


class Bottleneck(nn.Module):
    def __init__(self, inplanes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inplanes != planes * 4:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes * 4, 1, stride, bias=False), nn.BatchNorm2d(planes * 4)
            )

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    """ResNet of bottlenecks; ``ResNet((3, 4, 6, 3), 64, 1000)`` is ResNet50."""

    def __init__(self, blocks=(2, 1), width=4, classes=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inplanes = width
        for at, count in enumerate(blocks):
            planes, steps = width * 2**at, []
            for k in range(count):
                steps.append(Bottleneck(inplanes, planes, 2 if at and not k else 1))
                inplanes = planes * 4
            setattr(self, f"layer{at + 1}", nn.Sequential(*steps))
        self.layers = len(blocks)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(inplanes, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for at in range(self.layers):
            x = getattr(self, f"layer{at + 1}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, ratio):
        super().__init__()
        hidden, steps = inp * ratio, []
        if ratio != 1:
            steps += [nn.Conv2d(inp, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(inplace=True)]
        steps += [
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(True),
            nn.Conv2d(hidden, oup, 1, bias=False), nn.BatchNorm2d(oup),
        ]  # fmt: skip
        self.conv = nn.Sequential(*steps)
        self.use_res_connect = stride == 1 and inp == oup

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """Inverted residuals; the mean over height and width is written as a call."""

    def __init__(self, settings=((1, 4, 1, 1), (3, 6, 2, 2)), first=8, last=16, classes=5):
        super().__init__()
        steps = [nn.Sequential(nn.Conv2d(3, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU6(True))]
        for ratio, channels, count, stride in settings:
            for k in range(count):
                steps.append(InvertedResidual(first, channels, 1 if k else stride, ratio))
                first = channels
        steps.append(nn.Sequential(nn.Conv2d(first, last, 1, bias=False), nn.BatchNorm2d(last), nn.ReLU6(True)))
        self.features = nn.Sequential(*steps)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, classes))

    def forward(self, x):
        x = self.features(x)
        x = F.adaptive_avg_pool2d(x, (1, 1)).reshape(x.shape[0], -1)
        return self.classifier(x)


class DenseLayer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, features):
        x = torch.cat(features, 1)
        x = self.conv1(F.relu(self.norm1(x)))
        return self.conv2(F.relu(self.norm2(x)))


class DenseNet(nn.Module):
    """Each layer sees all before it, joined along the channels."""

    def __init__(self, growth=3, blocks=(2, 2), first=6, classes=5):
        super().__init__()
        self.conv0 = nn.Conv2d(3, first, 7, 2, 3, bias=False)
        self.norm0 = nn.BatchNorm2d(first)
        self.pool0 = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks, self.transitions = nn.ModuleList(), nn.ModuleList()
        channels = first
        for at, count in enumerate(blocks):
            self.blocks.append(nn.ModuleList(DenseLayer(channels + k * growth, growth) for k in range(count)))
            channels += count * growth
            if at + 1 < len(blocks):
                self.transitions.append(
                    nn.Sequential(
                        nn.BatchNorm2d(channels),
                        nn.ReLU(inplace=True),
                        nn.Conv2d(channels, channels // 2, 1, bias=False),
                        nn.AvgPool2d(2, 2),
                    )
                )
                channels //= 2
        self.norm5 = nn.BatchNorm2d(channels)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.pool0(F.relu(self.norm0(self.conv0(x))))
        for at, block in enumerate(self.blocks):
            features = [x]
            for layer in block:
                features.append(layer(features))
            x = torch.cat(features, 1)
            if at < len(self.transitions):
                x = self.transitions[at](x)
        x = F.relu(self.norm5(x))
        return self.classifier(F.adaptive_avg_pool2d(x, 1).flatten(1))


class UNet(nn.Module):
    """Down, up, and across; one way up by a transposed convolution, one by interpolation."""

    def __init__(self, width=4, classes=3):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU())
        self.down2 = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1), nn.LeakyReLU(0.1))
        self.down3 = nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.GELU())
        self.up1 = nn.ConvTranspose2d(2 * width, 2 * width, 2, stride=2)
        self.conv1 = nn.Conv2d(4 * width, width, 3, padding=1)
        self.up2 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.conv2 = nn.Conv2d(2 * width, width, 3, padding=1)
        self.out = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        x1 = self.down1(x)
        x2 = self.down2(x1)
        y = self.up1(self.down3(x2))
        y = F.relu(self.conv1(torch.cat([x2, y], dim=1)))
        y = self.up2(y)
        dy, dx = x1.size(2) - y.size(2), x1.size(3) - y.size(3)
        y = F.pad(y, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        return self.out(F.relu(self.conv2(torch.cat([x1, y], dim=1))))


class Autoencoder(nn.Module):
    """Down to a vector and up again: the decoder begins with a view."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ELU(), nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.ELU(), nn.Flatten(),
            nn.Linear(6 * 4 * 2, 7),
        )  # fmt: skip
        self.expand = nn.Linear(7, 6 * 4 * 2)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1), nn.PReLU(4),
            nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, x):
        z = self.encoder(x)
        y = self.expand(z).view(-1, 6, 4, 2)
        return self.decoder(y), z


class CRNN(nn.Module):
    """Convolutions, then a bidirectional LSTM along the width, with the steps first as in many readers of text."""

    def __init__(self, classes=6):
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(True), nn.MaxPool2d(2, 2), nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6),
            nn.ReLU(True), nn.MaxPool2d((2, 1)), nn.Conv2d(6, 5, (2, 1)),
        )  # fmt: skip
        self.rnn = nn.LSTM(5, 4, num_layers=2, bidirectional=True)
        self.fc = nn.Linear(8, classes)

    def forward(self, x):
        x = self.cnn(x).squeeze(2).permute(2, 0, 1)
        x, _ = self.rnn(x)
        return F.log_softmax(self.fc(x).transpose(0, 1), dim=2)


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.qkv, self.proj = nn.Linear(dim, dim * 3), nn.Linear(dim, dim)

    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attn = ((q * self.scale) @ k.transpose(-2, -1)).softmax(dim=-1)
        return self.proj((attn @ v).transpose(1, 2).reshape(B, N, C))


class ViT(nn.Module):
    """A vision transformer; its first block is timm's, its second uses nn.MultiheadAttention."""

    def __init__(self, size=(8, 12), patch=4, dim=8, heads=2, classes=5):
        super().__init__()
        count = (size[0] // patch) * (size[1] // patch)
        self.patch = nn.Conv2d(3, dim, patch, patch)
        self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, count + 1, dim))
        self.norm1, self.attn1 = nn.LayerNorm(dim), Attention(dim, heads)
        self.norm2, self.attn2 = nn.LayerNorm(dim), nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm3 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * dim, dim))
        self.head = nn.Linear(dim, classes)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), dim=1) + self.pos
        x = x + self.attn1(self.norm1(x))
        y = self.norm2(x)
        x = x + self.attn2(y, y, y, need_weights=False)[0]
        x = x + self.mlp(self.norm3(x))
        return self.head(x[:, 0])


# name -> (network, shape of a sample)
NETWORKS = {
    "VGG": (VGG, (3, 17, 25)),
    "ResNet": (ResNet, (3, 33, 26)),
    "MobileNetV2": (MobileNetV2, (3, 17, 22)),
    "DenseNet": (DenseNet, (3, 33, 40)),
    "UNet": (UNet, (3, 8, 12)),
    "Autoencoder": (Autoencoder, (3, 16, 8)),
    "CRNN": (CRNN, (1, 8, 10)),
    "ViT": (ViT, (3, 8, 12)),
}


def drawn(name: str, seed: int = 0) -> tuple[nn.Module, torch.Tensor]:
    """A network with random weights and statistics, in use; and a batch for it."""
    torch.manual_seed(seed)
    make, shape = NETWORKS[name]
    network = make()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    return network.eval(), torch.randn(2, *shape)
