{{/* What the schema can't say, or what must hold where the schema is skipped. */}}
{{- define "agentsmith.guards" -}}
{{- include "agentsmith.complete" . -}}
{{- $sources := include "agentsmith.secretSources" . | fromJsonArray -}}
{{- if gt (len $sources) 1 -}}
{{- fail (printf "Only one source of the Secret may be set, but these are: %s. Keep one of `secrets`, `sealedSecret.manifest` and `existingSecret`, and empty the others." (join ", " $sources)) -}}
{{- end -}}
{{- $inline := not (or .Values.sealedSecret.manifest .Values.existingSecret) -}}
{{- if and .Values.requireCompleteSecrets $inline -}}
{{- $missing := include "agentsmith.missingSecrets" . | fromJsonArray -}}
{{- if $missing -}}
{{- fail (printf "requireCompleteSecrets is set, but the Secret would lack: %s. Fill `secrets`, or use `sealedSecret.manifest` or `existingSecret`." (join ", " $missing)) -}}
{{- end -}}
{{- end -}}

{{- if and .Values.config.content .Values.config.existingConfigMap -}}
{{- fail "config.content and config.existingConfigMap exclude each other. Empty one of them." -}}
{{- end -}}
{{- $size := len (.Values.config.content | default "") -}}
{{- if gt $size 1000000 -}}
{{- fail (printf "config.content has %d bytes, but a ConfigMap holds at most 1 MiB. Shorten the file." $size) -}}
{{- end -}}

{{- if .Values.redis.enabled -}}
{{- if or .Values.redis.externalUrl .Values.redis.urlFromSecret -}}
{{- fail "redis.externalUrl and redis.urlFromSecret are for another Redis. Set redis.enabled to false with them." -}}
{{- end -}}
{{- $limit := ((.Values.redis.resources | default dict).limits | default dict).memory -}}
{{- if not (kindIs "invalid" $limit) -}}
{{- $kubernetes := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $conf := dict "" 1 "b" 1 "k" 1000 "m" 1000000 "g" 1000000000 "kb" 1024 "mb" 1048576 "gb" 1073741824 -}}
{{- $allowed := include "agentsmith.bytes" (dict "size" $limit "units" $kubernetes) | int64 -}}
{{- $used := include "agentsmith.bytes" (dict "size" (lower .Values.redis.maxMemory) "units" $conf) | int64 -}}
{{- if and $allowed (or (not $used) (ge $used $allowed)) -}}
{{- fail (printf "redis.maxMemory is %s%s, but redis.resources.limits.memory is %s: Redis would be killed, with all it holds, before it keeps to maxMemory. Keep maxMemory well below the limit." .Values.redis.maxMemory (ternary "" " (no limit)" (gt $used 0)) (include "agentsmith.number" $limit)) -}}
{{- end -}}
{{- end -}}
{{- else -}}
{{- if eq (empty .Values.redis.externalUrl) (empty .Values.redis.urlFromSecret) -}}
{{- fail "With redis.enabled false, set exactly one of redis.externalUrl (host:port) and redis.urlFromSecret (true)." -}}
{{- end -}}
{{- if regexMatch "(?i)password *=" .Values.redis.externalUrl -}}
{{- fail "redis.externalUrl holds a password, which anyone could read in the pod. Put the address into the key redis-url of the Secret and set redis.urlFromSecret." -}}
{{- end -}}
{{- if regexMatch "://|\\s" .Values.redis.externalUrl -}}
{{- fail "redis.externalUrl must be host:port, as StackExchange.Redis reads it, without blanks and without a scheme such as redis://." -}}
{{- end -}}
{{- if and .Values.redis.urlFromSecret $inline -}}
{{- fail "redis.urlFromSecret needs sealedSecret.manifest or existingSecret, as `secrets` has no Redis address." -}}
{{- end -}}
{{- end -}}

{{- if and (eq .Values.spawner.type "kubernetes") (ne (include "agentsmith.jobNamespace" .) .Release.Namespace) (not .Values.spawner.secretName) -}}
{{- fail (printf "spawner.namespace is %q, but the Secret is in %q, where agent Jobs can't read it. Make a Secret there and name it in spawner.secretName, or empty spawner.namespace." (include "agentsmith.jobNamespace" .) .Release.Namespace) -}}
{{- end -}}

{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) -}}
{{- fail "With serviceAccount.create false, serviceAccount.name must name an existing service account." -}}
{{- end -}}
{{- if has .Values.serviceAccount.name (list "redis" "agentsmith-cleanup") -}}
{{- fail (printf "serviceAccount.name is %q, which is another account of this chart. Choose another name." .Values.serviceAccount.name) -}}
{{- end -}}

{{- $grace := int .Values.dispatcher.terminationGracePeriodSeconds -}}
{{- $needed := add (int .Values.dispatcher.preStopSleepSeconds) 35 | int -}}
{{- if lt $grace $needed -}}
{{- fail (printf "dispatcher.terminationGracePeriodSeconds is %d, but must be at least %d (preStopSleepSeconds + 35), or pods are killed while they drain." $grace $needed) -}}
{{- end -}}
{{- if le (int .Values.dispatcher.progressDeadlineSeconds) (int .Values.dispatcher.minReadySeconds) -}}
{{- fail (printf "dispatcher.progressDeadlineSeconds is %d, but must be more than dispatcher.minReadySeconds (%d)." (int .Values.dispatcher.progressDeadlineSeconds) (int .Values.dispatcher.minReadySeconds)) -}}
{{- end -}}
{{- if and .Values.cleanup.enabled (le (int .Values.cleanup.timeoutSeconds) (add $grace 60 | int)) -}}
{{- fail (printf "cleanup.timeoutSeconds is %d, but must be more than %d (dispatcher.terminationGracePeriodSeconds + 60)." (int .Values.cleanup.timeoutSeconds) (add $grace 60 | int)) -}}
{{- end -}}

{{- $service := .Values.dispatcher.service -}}
{{- if and $service.nodePort (eq $service.type "ClusterIP") -}}
{{- fail "dispatcher.service.nodePort needs dispatcher.service.type NodePort or LoadBalancer." -}}
{{- end -}}

{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled needs ingress.host." -}}
{{- end -}}
{{- if and .Values.ingress.enabled .Values.ingress.tls (not .Values.ingress.tlsSecretName) -}}
{{- fail "ingress.tls needs ingress.tlsSecretName." -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs." -}}
{{- end -}}

{{- /* Labels and annotations that would lose against the chart's own, or turn its objects into hooks. */}}
{{- $selector := list "app.kubernetes.io/component" "app.kubernetes.io/instance" "app.kubernetes.io/name" -}}
{{- $common := concat $selector (list "app.kubernetes.io/managed-by" "app.kubernetes.io/part-of" "app.kubernetes.io/version" "helm.sh/chart") -}}
{{- include "agentsmith.reserved" (dict "value" "commonLabels" "keys" .Values.commonLabels "taken" $common) -}}
{{- include "agentsmith.reserved" (dict "value" "dispatcher.podLabels" "keys" .Values.dispatcher.podLabels "taken" $selector) -}}
{{- include "agentsmith.reserved" (dict "value" "redis.podLabels" "keys" .Values.redis.podLabels "taken" $selector) -}}
{{- include "agentsmith.reserved" (dict "value" "dispatcher.podAnnotations" "keys" .Values.dispatcher.podAnnotations "taken" (list "checksum/config" "checksum/secret" "rollout-token")) -}}
{{- range $key, $_ := .Values.commonLabels -}}
{{- if eq $key "job-id" -}}
{{- fail "commonLabels sets job-id, which marks agent Jobs. Use another key." -}}
{{- end -}}
{{- end -}}
{{- range $key, $_ := .Values.commonAnnotations -}}
{{- if regexMatch "^(helm\\.sh|argocd\\.argoproj\\.io)/hook" $key -}}
{{- fail (printf "commonAnnotations sets %s, which would turn every object of the chart into a hook. Remove it." $key) -}}
{{- end -}}
{{- end -}}

{{- $taken := list -}}
{{- range include "agentsmith.dispatcherEnv" . | fromYamlArray -}}
{{- $taken = append $taken .name -}}
{{- end -}}
{{- range .Values.dispatcher.extraEnv -}}
{{- if has .name $taken -}}
{{- fail (printf "dispatcher.extraEnv sets %s, which the chart sets already or which comes twice. Use the value that stands for it." .name) -}}
{{- end -}}
{{- $taken = append $taken .name -}}
{{- end -}}

{{- $fields := list "affinity" "automountServiceAccountToken" "containers" "enableServiceLinks" "imagePullSecrets" "initContainers" "nodeSelector" "priorityClassName" "securityContext" "serviceAccount" "serviceAccountName" "terminationGracePeriodSeconds" "tolerations" "topologySpreadConstraints" "volumes" -}}
{{- range $field, $_ := .Values.dispatcher.extraPodSpec -}}
{{- if has $field $fields -}}
{{- fail (printf "dispatcher.extraPodSpec sets %s, which the chart sets itself. Use the value that stands for it." $field) -}}
{{- end -}}
{{- end -}}

{{- include "agentsmith.unique" (dict "value" "dispatcher.extraVolumes" "field" "name" "items" .Values.dispatcher.extraVolumes "taken" (list "config" "tmp")) -}}
{{- include "agentsmith.unique" (dict "value" "dispatcher.extraVolumeMounts" "field" "mountPath" "items" .Values.dispatcher.extraVolumeMounts "taken" (list "/app/config" "/tmp")) -}}
{{- $containers := concat (.Values.dispatcher.initContainers | default list) (.Values.dispatcher.extraContainers | default list) -}}
{{- include "agentsmith.unique" (dict "value" "dispatcher.initContainers or dispatcher.extraContainers" "field" "name" "items" $containers "taken" (list "dispatcher")) -}}
{{- end -}}

{{/*
Fail where a map has a key that the chart sets itself.
Call with (dict "value" "commonLabels" "keys" (dict) "taken" (list)).
*/}}
{{- define "agentsmith.reserved" -}}
{{- range $key, $_ := .keys -}}
{{- if has $key $.taken -}}
{{- fail (printf "%s sets %s, which the chart sets itself. Remove it." $.value $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Fail where two entries of a list have the same value in a field that Kubernetes takes as their key, or one of the chart's.
Call with (dict "value" "dispatcher.extraVolumes" "field" "name" "items" (list) "taken" (list)).
*/}}
{{- define "agentsmith.unique" -}}
{{- $taken := .taken -}}
{{- range .items -}}
{{- $key := index . $.field | default "" | toString | trimSuffix "/" -}}
{{- if and $key (has $key $taken) -}}
{{- fail (printf "%s has %s %q, which the chart has already or which comes twice. Choose another one." $.value $.field $key) -}}
{{- end -}}
{{- $taken = append $taken $key -}}
{{- end -}}
{{- end -}}

{{/*
Fail where a value that has a default has none: set to null, or unknown to the values that --reuse-values took over.
Values that may be empty, and maps that are passed on, are not listed.
*/}}
{{- define "agentsmith.complete" -}}
{{- $lacking := list -}}
{{- range $path := include "agentsmith.neverNull" . | fromYamlArray -}}
{{- $keys := splitList "." $path -}}
{{- $parent := $.Values -}}
{{- range initial $keys -}}
{{- if kindIs "map" $parent }}{{ $parent = index $parent . }}{{ end -}}
{{- end -}}
{{- /* Where the parent lacks itself, it alone is named. */}}
{{- if kindIs "map" $parent -}}
{{- if kindIs "invalid" (index $parent (last $keys)) }}{{ $lacking = append $lacking $path }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if $lacking -}}
{{- fail (printf "These values are null or missing: %s. Leave them out to get their defaults; upgrade with --reset-then-reuse-values in place of --reuse-values." (join ", " $lacking)) -}}
{{- end -}}
{{- end -}}

{{- define "agentsmith.neverNull" -}}
- image
- image.agent
- image.dispatcher
- image.pullPolicy
- spawner
- spawner.type
- spawner.ttlSecondsAfterFinished
- dispatcher
- dispatcher.replicas
- dispatcher.port
- dispatcher.environment
- dispatcher.service
- dispatcher.service.type
- dispatcher.service.port
- dispatcher.service.nodePort
- dispatcher.probes
- dispatcher.probes.path
- dispatcher.preStopSleepSeconds
- dispatcher.terminationGracePeriodSeconds
- dispatcher.minReadySeconds
- dispatcher.progressDeadlineSeconds
- dispatcher.revisionHistoryLimit
- dispatcher.podDisruptionBudget
- dispatcher.podDisruptionBudget.enabled
- dispatcher.spread
- dispatcher.tmpSizeLimit
- redis
- redis.enabled
- redis.urlFromSecret
- redis.image
- redis.pullPolicy
- redis.maxMemory
- redis.maxMemoryPolicy
- redis.terminationGracePeriodSeconds
- requireCompleteSecrets
- sealedSecret
- config
- serviceAccount
- serviceAccount.create
- rbac
- rbac.create
- networkPolicy
- networkPolicy.enabled
- networkPolicy.dispatcher
- networkPolicy.agentJobs
- networkPolicy.agentJobs.enabled
- ingress
- ingress.enabled
- ingress.paths
- ingress.tls
- httpRoute
- httpRoute.enabled
- httpRoute.paths
- namespace
- namespace.create
- cleanup
- cleanup.enabled
- cleanup.image
- cleanup.pullPolicy
- cleanup.timeoutSeconds
- tests
- tests.enabled
- tests.pullPolicy
- tests.timeoutSeconds
{{- end -}}
