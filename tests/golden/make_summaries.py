"""What model.summary() of real Keras prints: of the models in models.json beside this file's output, and of saved models of a folder.

usage: make_summaries.py OUT MODELS_FOLDER   (a Python that has keras and tensorflow)
OUT is the folder that make_models.py wrote to. MODELS_FOLDER holds NAME.keras with NAME_summary.txt, printed at line_length=88 by the program that saved
them: their config and that text are taken over. Writes OUT/summaries.json: name, line_length (null: as in a terminal of 80 columns), config (null: the
one in models.json) and the text.
"""
import json, os, pathlib, sys, zipfile
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3'); os.environ.setdefault('CUDA_VISIBLE_DEVICES', ''); os.environ['KERAS_BACKEND'] = 'tensorflow'
import keras

out, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rows = []
for saved in sorted(folder.glob('*.keras')):
    text = folder / (saved.stem + '_summary.txt')
    if not text.exists(): continue
    config = json.loads(zipfile.ZipFile(saved).read('config.json'))
    config.pop('compile_config', None)
    rows.append(dict(name=saved.stem, line_length=88, config=config, text=text.read_text().rstrip('\n') + '\n'))
for row in json.load(open(out / 'models.json')):
    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
    model = keras.saving.deserialize_keras_object(row['config'], custom_objects=dict(LayerScale=LayerScale, StochasticDepth=StochasticDepth, CustomScaleLayer=CustomScaleLayer))
    for length in (None, 108):
        if length and row['name'] not in ('nested', 'operations', 'shared', 'excite', 'convnext'): continue
        lines = []
        os.environ['COLUMNS'] = '140' if length else '80'
        model.summary(line_length=length, print_fn=lambda s, **k: lines.append(s))
        rows.append(dict(name=row['name'], line_length=length, config=None, text='\n'.join(lines).rstrip('\n') + '\n'))
with open(out / 'summaries.json', 'w') as f: f.write('[\n ' + ',\n '.join(json.dumps(r) for r in rows) + '\n]\n')
