{{/* Name of everything: the release's, with the chart's where it is not in it already. */}}
{{- define "lexpand.name" -}}
{{- if contains "lexpand" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-lexpand" (.Release.Name | trunc 42 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "lexpand.selector" -}}
app.kubernetes.io/name: lexpand
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lexpand.labels" -}}
{{ include "lexpand.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "lexpand.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The services must be named: a pod would otherwise try to start embedded ones. */}}
{{- define "lexpand.required" -}}
{{- if not .Values.opensearch.url }}{{ fail "[chart] expected opensearch.url, got none. Set it, for example --set opensearch.url=https://opensearch:9200." }}{{ end }}
{{- if not (or .Values.redis.url .Values.redis.urlSecret .Values.redis.install.enabled) }}{{ fail "[chart] expected redis.url, redis.urlSecret or redis.install.enabled, got none of them. Set one." }}{{ end }}
{{- if and .Values.redis.install.enabled (or .Values.redis.url .Values.redis.urlSecret) }}{{ fail "[chart] expected either a Redis of yours or redis.install.enabled, got both. Leave one out." }}{{ end }}
{{- end }}

{{- define "lexpand.env" -}}
- name: OPENSEARCH_URL
  value: {{ .Values.opensearch.url | quote }}
{{- with .Values.opensearch.loginSecret }}
- name: OPENSEARCH_USERNAME
  valueFrom: { secretKeyRef: { name: {{ . }}, key: username } }
# As a file, and not in the environment, which child processes and crash reports carry along.
- name: OPENSEARCH_PASSWORD_FILE
  value: /etc/lexpand/login/password
{{- end }}
{{- if .Values.opensearch.caConfigMap }}
- name: OPENSEARCH_CA_FILE
  value: /etc/lexpand/ca/ca.crt
{{- end }}
{{- if .Values.redis.install.enabled }}
{{- if .Values.redis.install.passwordSecret }}
- name: REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .Values.redis.install.passwordSecret }}, key: password } }
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "lexpand.name" . }}-redis:6379
{{- else }}
- name: REDIS_URL
  value: redis://{{ include "lexpand.name" . }}-redis:6379
{{- end }}
{{- else if .Values.redis.urlSecret }}
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.redis.urlSecret }}, key: url } }
{{- else }}
- name: REDIS_URL
  value: {{ .Values.redis.url | quote }}
{{- end }}
- name: LEXPAND_LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: LEXPAND_CACHE
  value: /var/cache/lexpand
{{- end }}

{{- define "lexpand.mounts" -}}
- { name: cache, mountPath: /var/cache/lexpand }
- { name: tmp, mountPath: /tmp }
{{- if .Values.opensearch.loginSecret }}
- { name: login, mountPath: /etc/lexpand/login, readOnly: true }
{{- end }}
{{- if .Values.opensearch.caConfigMap }}
- { name: ca, mountPath: /etc/lexpand/ca, readOnly: true }
{{- end }}
{{- end }}

{{- define "lexpand.volumes" -}}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- with .Values.opensearch.loginSecret }}
- name: login
  secret: { secretName: {{ . }}, items: [{ key: password, path: password }] }
{{- end }}
{{- with .Values.opensearch.caConfigMap }}
- name: ca
  configMap: { name: {{ . }}, items: [{ key: ca.crt, path: ca.crt }] }
{{- end }}
{{- end }}

{{/* The user `node` of the image. */}}
{{- define "lexpand.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "lexpand.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* healthz: this process works. readyz: so do the services that it needs; without them it waits and is not restarted. */}}
{{- define "lexpand.probes" -}}
ports:
  - { name: metrics, containerPort: 9464 }
startupProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
{{- end }}
