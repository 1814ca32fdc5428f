const { loadModel } = require('lexpand')
const { explain } = require('lexpand/sparse')

loadModel().then((model) => console.log(model.manifest.name, typeof explain))
