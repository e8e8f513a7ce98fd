'''K.function for what inner layers give, K.gradients for what an image should look like: filters made visible, Keras 2.'''
import sys

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.utils import np_utils

np.random.seed(int(sys.argv[1]) if len(sys.argv) > 1 else 0)

x = np.random.rand(300, 12, 12, 1)
labels = np.random.randint(0, 2, 300)
x[labels == 1, 3:9, 5:7] += 1.0
x[labels == 0, 5:7, 3:9] += 1.0
y = np_utils.to_categorical(labels)

model = Sequential([
    Conv2D(6, (3, 3), activation='relu', input_shape=(12, 12, 1), name='conv1'),
    MaxPooling2D((2, 2)),
    Dropout(0.5, name='drop'),
    Flatten(),
    Dense(2, activation='softmax', name='predictions'),
])
model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
model.fit(x, y, epochs=6, verbose=0)

# What a layer gives, with dropout and without

layer_dict = dict([(layer.name, layer) for layer in model.layers])
get_output = K.function([model.layers[0].input, K.learning_phase()], [layer_dict['drop'].output])
at_rest, in_training = get_output([x[:4], 0])[0], get_output([x[:4], 1])[0]
assert at_rest.shape == (4, 5, 5, 6)
assert (in_training == 0).mean() > (at_rest == 0).mean() + 0.2

# An image that a filter likes most, by gradient ascent

input_img = model.input


def normalize(x):
    return x / (K.sqrt(K.mean(K.square(x))) + K.epsilon())


gains = []
for filter_index in range(3):
    layer_output = layer_dict['conv1'].output
    loss = K.mean(layer_output[:, :, :, filter_index])
    grads = K.gradients(loss, input_img)[0]
    grads = normalize(grads)
    iterate = K.function([input_img], [loss, grads])
    input_img_data = np.random.random((1, 12, 12, 1)) * 0.2
    before = iterate([input_img_data])[0]
    for i in range(10):
        loss_value, grads_value = iterate([input_img_data])
        input_img_data += grads_value * 0.5
    gains.append(float(loss_value - before))
assert np.max(gains) > 0.1

# Where the network looks: the gradient of a class by the last map, as a heat map

class_output = model.output[:, 1]
last_conv = layer_dict['conv1'].output
grads = K.gradients(class_output, last_conv)[0]
pooled = K.mean(grads, axis=(0, 1, 2))
iterate = K.function([model.input], [pooled, last_conv[0]])
pooled_value, conv_value = iterate([x[labels == 1][:1]])
heatmap = np.maximum(np.mean(conv_value * pooled_value, axis=-1), 0)
assert heatmap.shape == (10, 10)
print('accuracy: %.4f' % model.evaluate(x, y, verbose=0)[1])
