// Uploads one file with the official Node SDK and prints what it answers, as one line of JSON.
// node upload.cjs HOST ACCESS_KEY SECRET_KEY BUCKET KEY FILE form|v1|v2
'use strict'
const qiniu = require('qiniu')

const [host, accessKey, secretKey, bucket, key, file, version] = process.argv.slice(2)

const config = new qiniu.conf.Config()
config.zone = new qiniu.conf.Zone([host], [host], host, host, host, host)
config.useHttpsDomain = false

const mac = new qiniu.auth.digest.Mac(accessKey, secretKey)
const policy = { scope: `${bucket}:${key}`, returnBody: '{"key":$(key),"hash":$(etag),"name":$(fname),"album":$(x:album)}' }
const token = new qiniu.rs.PutPolicy(policy).uploadToken(mac)

function done (error, body, info) {
  console.log(JSON.stringify({ error: error && String(error), status: info && info.statusCode, body }))
}

if (version === 'form') {
  const extra = new qiniu.form_up.PutExtra('', { 'x:album': '7' }, 'text/plain', null, 1)
  new qiniu.form_up.FormUploader(config).putFile(token, key, file, extra, done)
} else {
  const extra = new qiniu.resume_up.PutExtra('', { 'x:album': '7' })
  extra.version = version
  new qiniu.resume_up.ResumeUploader(config).putFile(token, key, file, extra, done)
}
