{{/* Name of the Secret that the dispatcher reads. */}}
{{- define "agentsmith.secretName" -}}
{{- .Values.existingSecret | default "agentsmith-secrets" -}}
{{- end -}}

{{/* Name of the Secret that agent Jobs read. */}}
{{- define "agentsmith.jobSecretName" -}}
{{- .Values.spawner.secretName | default (include "agentsmith.secretName" .) -}}
{{- end -}}

{{/* Namespace of the agent Jobs. */}}
{{- define "agentsmith.jobNamespace" -}}
{{- .Values.spawner.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "agentsmith.configMapName" -}}
{{- .Values.config.existingConfigMap | default "agentsmith-config" -}}
{{- end -}}

{{- define "agentsmith.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default "agentsmith-dispatcher" -}}
{{- end -}}

{{/* Where the configuration comes from: the value, or the chart's starting file. */}}
{{- define "agentsmith.config" -}}
{{- .Values.config.content | default (.Files.Get "files/agentsmith.yml") -}}
{{- end -}}

{{/* Address of Redis in StackExchange.Redis notation. Empty when only the Secret knows it. */}}
{{- define "agentsmith.redisUrl" -}}
{{- if .Values.redis.enabled -}}
redis:6379
{{- else -}}
{{- .Values.redis.externalUrl -}}
{{- end -}}
{{- end -}}

{{/*
TCP ports of the Redis in redis.externalUrl, as a JSON list. Parts with an equals sign are options.
*/}}
{{- define "agentsmith.redisPorts" -}}
{{- $parts := splitList "," (.Values.redis.externalUrl | default "") -}}
{{- $default := ternary 6380 6379 (regexMatch "(?i)(^|,)ssl=true(,|$)" (.Values.redis.externalUrl | default "")) -}}
{{- $ports := list -}}
{{- range $parts -}}
{{- if and . (not (contains "=" .)) -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" . | trimPrefix ":" | default $default | int) -}}
{{- end -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}

{{/*
An image reference, with global.imageRegistry before it where it names no registry.
Call with (dict "root" $ "image" "name:tag").
*/}}
{{- define "agentsmith.image" -}}
{{- $registry := (.root.Values.global | default dict).imageRegistry | default "" | trimSuffix "/" -}}
{{- if and $registry (not (regexMatch "^(localhost|[^/]*[.:][^/]*)/" .image)) -}}
{{- printf "%s/%s" $registry .image -}}
{{- else -}}
{{- .image -}}
{{- end -}}
{{- end -}}

{{/*
Text of a number or quantity. Numbers of a values file are floats, which would print as 1.073741824e+09.
*/}}
{{- define "agentsmith.number" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- . | toString -}}
{{- end -}}
{{- end -}}

{{/*
Bytes of a Kubernetes quantity or of a size in redis.conf; 0 where it is neither.
Call with (dict "size" "256mb" "units" (dict "mb" 1048576)).
*/}}
{{- define "agentsmith.bytes" -}}
{{- $size := include "agentsmith.number" .size -}}
{{- $unit := regexReplaceAll "^[0-9.]+" $size "" -}}
{{- if and (regexMatch "^[0-9]" $size) (hasKey .units $unit) -}}
{{- mulf (regexFind "^[0-9.]+" $size | float64) (index .units $unit) | floor | printf "%.0f" -}}
{{- else -}}
0
{{- end -}}
{{- end -}}

{{/* imagePullSecrets field, or nothing. */}}
{{- define "agentsmith.imagePullSecrets" -}}
{{- /* Other charts that share `global` may write them as in a pod, with a key `name`. */}}
{{- $names := list -}}
{{- range concat ((.Values.global | default dict).imagePullSecrets | default list) (.Values.image.pullSecrets | default list) -}}
{{- if kindIs "map" . }}{{ $names = append $names .name }}{{ else }}{{ $names = append $names . }}{{ end -}}
{{- end -}}
{{- if $names -}}
imagePullSecrets:
{{- range uniq $names }}
  - name: {{ . | quote }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
Labels that select pods. They can't change during the life of a release.
Call with (dict "root" $ "component" "dispatcher").
*/}}
{{- define "agentsmith.selectorLabels" -}}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/name: agentsmith
{{- end -}}

{{/*
Labels of an object, never of a pod: the chart version in a pod template would restart Redis at each new chart.
Call with (dict "root" $ "component" "dispatcher" "labels" (dict)); labels is optional.
*/}}
{{- define "agentsmith.labels" -}}
{{- $own := dict
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/part-of" "agentsmith"
  "app.kubernetes.io/version" (.root.Chart.AppVersion | toString)
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
-}}
{{- $selector := include "agentsmith.selectorLabels" . | fromYaml -}}
{{- toYaml (merge $own $selector (.labels | default dict) (.root.Values.commonLabels | default dict)) -}}
{{- end -}}

{{/*
Annotations field of an object, or nothing.
Call with (dict "root" $ "annotations" (dict)).
*/}}
{{- define "agentsmith.annotations" -}}
{{- $all := dict -}}
{{- range $key, $value := merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) -}}
{{- if not (kindIs "invalid" $value) }}{{ $_ := set $all $key $value }}{{ end -}}
{{- end -}}
{{- if $all -}}
annotations:
  {{- toYaml $all | nindent 2 }}
{{- end -}}
{{- end -}}

{{/*
Metadata of an object.
Call with (dict "root" $ "name" "redis" "component" "redis"); namespace, labels and annotations are optional.
*/}}
{{- define "agentsmith.metadata" -}}
name: {{ .name | quote }}
namespace: {{ .namespace | default .root.Release.Namespace | quote }}
labels:
  {{- include "agentsmith.labels" . | nindent 2 }}
{{- with include "agentsmith.annotations" . }}
{{ . }}
{{- end }}
{{- end -}}

{{/*
Labels of a pod: the selector's and those the user gives.
Call with (dict "root" $ "component" "dispatcher" "labels" (dict)).
*/}}
{{- define "agentsmith.podLabels" -}}
{{- toYaml (merge (include "agentsmith.selectorLabels" . | fromYaml) (.labels | default dict)) -}}
{{- end -}}

{{/* Restricted security contexts for the pods of hooks, which have no values of their own. */}}
{{- define "agentsmith.hookPodSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "agentsmith.hookSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end -}}
