{{/* The state that replicas share: Redis and the encryption keys. */}}

{{- define "polyhost.redisImage" -}}
{{- with .Values.redis.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The Redis that the chart runs. It has a name of its own, so that no selector of the gateways matches its pod. */}}
{{- define "polyhost.redisSelectorLabels" -}}
app.kubernetes.io/name: {{ include "polyhost.name" . | trunc 57 | trimSuffix "-" }}-redis
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "polyhost.redisLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "polyhost.redisSelectorLabels" . }}
app.kubernetes.io/component: redis
app.kubernetes.io/part-of: {{ include "polyhost.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "polyhost.redisName" -}}
{{ include "polyhost.fullname" . }}-redis
{{- end -}}

{{/* A Secret and a key in it, as YAML: for the password of the Redis that the chart runs. */}}
{{- define "polyhost.redisPasswordRef" -}}
{{- with .Values.redis.auth -}}
name: {{ default (include "polyhost.stateSecretName" $) .existingSecret }}
key: {{ ternary .existingSecretPasswordKey "redis-password" (ne .existingSecret "") }}
{{- end -}}
{{- end -}}

{{- define "polyhost.encryptionKeyRef" -}}
{{- with .Values.encryptionKey -}}
name: {{ default (include "polyhost.stateSecretName" $) .existingSecret }}
key: {{ ternary .existingSecretKey "encryption-key" (ne .existingSecret "") }}
{{- end -}}
{{- end -}}

{{- define "polyhost.secondEncryptionKeyRef" -}}
{{- with .Values.encryptionKey -}}
name: {{ default (include "polyhost.stateSecretName" $) .existingSecret }}
key: {{ ternary .second.existingSecretKey "second-encryption-key" (ne .existingSecret "") }}
{{- end -}}
{{- end -}}

{{- define "polyhost.stateSecretName" -}}
{{ include "polyhost.fullname" . }}-state
{{- end -}}

{{/* Not empty if the chart connects the gateways with a Redis. */}}
{{- define "polyhost.hasRedis" -}}
{{- if or .Values.redis.enabled .Values.externalRedis.existingSecret -}}true{{- end -}}
{{- end -}}

{{/* Not empty if there is a second encryption key. */}}
{{- define "polyhost.hasSecondKey" -}}
{{- with .Values.encryptionKey -}}
{{- if ternary .second.existingSecretKey .second.value (ne .existingSecret "") -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* Fails if the values for the shared state contradict each other. */}}
{{- define "polyhost.checkState" -}}
{{- with .Values -}}
{{- if and .redis.enabled .externalRedis.existingSecret -}}
{{- fail "Set only one of redis.enabled and externalRedis.existingSecret." -}}
{{- end -}}
{{- if and .redis.enabled (not (or .redis.auth.password .redis.auth.existingSecret)) -}}
{{- fail "Redis needs a password: set redis.auth.password (openssl rand -hex 32) or redis.auth.existingSecret." -}}
{{- end -}}
{{- if include "polyhost.hasRedis" $ -}}
{{- if not (or .encryptionKey.value .encryptionKey.existingSecret) -}}
{{- fail "Redis needs encryptionKey.value (openssl rand -base64 32) or encryptionKey.existingSecret." -}}
{{- end -}}
{{- if regexMatch "(?m)^\\s*(redis_url|encryption_key)\\s*=" .config.state.toml -}}
{{- fail "config.state.toml has redis_url or encryption_key, which the chart writes." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The variables of the gateways for the shared state. */}}
{{- define "polyhost.stateEnv" -}}
{{- if .Values.redis.enabled -}}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      {{- include "polyhost.redisPasswordRef" . | nindent 6 }}
- name: POLYHOST_REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "polyhost.redisName" . }}:6379/0
{{- else -}}
- name: POLYHOST_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.externalRedis.existingSecret }}
      key: {{ .Values.externalRedis.existingSecretUrlKey }}
{{- end }}
- name: POLYHOST_ENCRYPTION_KEY
  valueFrom:
    secretKeyRef:
      {{- include "polyhost.encryptionKeyRef" . | nindent 6 }}
{{- if include "polyhost.hasSecondKey" . }}
- name: POLYHOST_SECOND_ENCRYPTION_KEY
  valueFrom:
    secretKeyRef:
      {{- include "polyhost.secondEncryptionKeyRef" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/* Changes with every value that a variable of the gateways is made of, as far as the chart knows it. */}}
{{- define "polyhost.stateChecksum" -}}
{{- list .Values.redis.auth.password .Values.encryptionKey.value .Values.encryptionKey.second.value
  (include "polyhost.stateEnv" .) | toJson | sha256sum -}}
{{- end -}}

{{- define "polyhost.stateSection" -}}
{{- if include "polyhost.hasRedis" . }}
redis_url = "env:POLYHOST_REDIS_URL"
{{- if include "polyhost.hasSecondKey" . }}
encryption_key = ["env:POLYHOST_ENCRYPTION_KEY", "env:POLYHOST_SECOND_ENCRYPTION_KEY"]
{{- else }}
encryption_key = "env:POLYHOST_ENCRYPTION_KEY"
{{- end }}
{{- end }}
{{- with .Values.config.state.toml }}
{{ . | trim }}
{{- end }}
{{- end -}}
