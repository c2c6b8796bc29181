package main

import (
	"errors"
	"fmt"
	"strings"
)

// foreignDirective is a directive of Redis that Ember has no parameter for. A user's file may well have it, so it is
// accepted where leaving it out changes nothing that the user relies on, and refused where it would.
type foreignDirective struct {
	// fitting are the values that describe what Ember does anyway.
	fitting []string
	// refusal is why other values cannot be accepted. If it is empty they are accepted, with a warning.
	refusal string
}

const ignored = "not supported, ignored"

// accept returns a warning, or nothing if all is well, or an error if the value is refused.
func (f foreignDirective) accept(args []string) (warning string, err error) {
	value := strings.Join(args, " ")
	for _, fitting := range f.fitting {
		if strings.EqualFold(value, fitting) {
			return "", nil
		}
	}
	if f.refusal != "" {
		return "", errors.New(f.refusal)
	}
	return ignored, nil
}

// foreignDirectives are Redis's directives that Ember knows of, by name.
var foreignDirectives = map[string]foreignDirective{}

func init() {
	for name, directive := range map[string]foreignDirective{
		"appendonly":       {[]string{"no"}, "data is not yet durable, so only 'no' would be true"},
		"cluster-enabled":  {[]string{"yes"}, "embernode is always a node of a cluster"},
		"daemonize":        {[]string{"no"}, "embernode stays in the foreground: let a service manager start it"},
		"save":             {[]string{""}, ""},
		"databases":        {[]string{"1", "16"}, ""},
		"always-show-logo": {[]string{"no"}, ""},
		"syslog-enabled":   {[]string{"no"}, ""},

		"min-replicas-to-write":  {[]string{"0"}, "there are no replicas yet"},
		"tls-cluster":            {[]string{"no"}, "nodes do not use TLS between each other: give them a --cluster-secret-file"},
		"tls-replication":        {[]string{"no"}, "nodes do not use TLS between each other: give them a --cluster-secret-file"},
		"notify-keyspace-events": {[]string{""}, "not supported"},
	} {
		foreignDirectives[name] = directive
	}
	// Who asks for these relies on them, for safety above all.
	for _, name := range []string{
		"aclfile", "include", "loadmodule", "masterauth", "masteruser", "rename-command", "replicaof", "slaveof",
		"tls-ciphers", "tls-ciphersuites", "tls-key-file-pass", "user",
	} {
		foreignDirectives[name] = foreignDirective{refusal: "not supported"}
	}
	// These tune parts that Ember does not have, or does in its own way.
	for _, name := range []string{
		"acllog-max-len", "active-defrag-cycle-max", "active-defrag-cycle-min", "active-defrag-ignore-bytes",
		"active-defrag-max-scan-fields", "active-defrag-threshold-lower", "active-defrag-threshold-upper", "active-expire-effort",
		"activedefrag", "activerehashing", "aof-load-truncated", "aof-rewrite-incremental-fsync", "aof-timestamp-enabled",
		"aof-use-rdb-preamble", "aof_rewrite_cpulist", "appenddirname", "appendfilename", "appendfsync",
		"auto-aof-rewrite-min-size", "auto-aof-rewrite-percentage", "bgsave_cpulist", "bio_cpulist", "busy-reply-threshold",
		"cluster-allow-replica-migration",
		"cluster-config-file", "cluster-link-sendbuf-limit", "cluster-migration-barrier",
		"cluster-replica-no-failover", "cluster-replica-validity-factor", "crash-log-enabled", "crash-memcheck-enabled",
		"dbfilename", "dynamic-hz", "enable-debug-command", "enable-module-command", "enable-protected-configs",
		"hash-max-listpack-entries", "hash-max-listpack-value", "hash-max-ziplist-entries", "hash-max-ziplist-value",
		"hll-sparse-max-bytes", "hz", "ignore-warnings", "io-threads-do-reads", "jemalloc-bg-thread",
		"latency-tracking", "latency-tracking-info-percentiles", "lazyfree-lazy-eviction",
		"lazyfree-lazy-expire", "lazyfree-lazy-server-del", "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush",
		"list-compress-depth", "list-max-listpack-size", "list-max-ziplist-size", "locale-collate",
		"lua-time-limit", "min-replicas-max-lag",
		"no-appendfsync-on-rewrite", "oom-score-adj", "oom-score-adj-values",
		"proc-title-template", "propagation-error-behavior", "rdb-del-sync-files", "rdb-save-incremental-fsync", "rdbchecksum",
		"rdbcompression", "repl-backlog-size", "repl-backlog-ttl", "repl-disable-tcp-nodelay", "repl-diskless-load",
		"repl-diskless-sync", "repl-diskless-sync-delay", "repl-diskless-sync-max-replicas", "repl-diskless-sync-period",
		"repl-ping-replica-period", "repl-timeout", "replica-announce-ip", "replica-announce-port", "replica-announced",
		"replica-ignore-disk-write-errors", "replica-ignore-maxmemory", "replica-lazy-flush", "replica-priority",
		"replica-read-only", "replica-serve-stale-data", "sanitize-dump-payload", "server_cpulist", "set-max-intset-entries",
		"set-max-listpack-entries", "set-max-listpack-value", "set-proc-title", "shutdown-on-sigint", "shutdown-on-sigterm",
		"shutdown-timeout", "socket-mark-id", "stop-writes-on-bgsave-error",
		"stream-node-max-bytes", "stream-node-max-entries", "syslog-facility", "syslog-ident",
		"tls-client-cert-file", "tls-client-key-file", "tls-client-key-file-pass", "tls-dh-params-file", "tls-prefer-server-ciphers",
		"tls-session-cache-size", "tls-session-cache-timeout", "tls-session-caching", "watchdog-period", "zset-max-listpack-entries", "zset-max-listpack-value",
		"zset-max-ziplist-entries", "zset-max-ziplist-value",
	} {
		foreignDirectives[name] = foreignDirective{}
	}
}

// takeForeignFlags takes Redis's directives out of the arguments that are not parameters of Ember, as scripts that start a
// redis-server have them: --save "" --appendonly no. Each takes the words up to the next flag.
func takeForeignFlags(args []string) (rest []string, warnings []warning, err error) {
	for i := 0; i < len(args); {
		name, value, joined := strings.Cut(args[i], "=")
		foreign, ok := foreignDirectives[strings.TrimPrefix(name, "--")]
		if !strings.HasPrefix(name, "--") || !ok {
			rest = append(rest, args[i])
			i++
			continue
		}
		var values []string
		if joined {
			values = append(values, value)
		}
		for i++; i < len(args) && !strings.HasPrefix(args[i], "--"); i++ {
			values = append(values, args[i])
		}
		text, err := foreign.accept(values)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		if text != "" {
			warnings = append(warnings, warning{strings.TrimPrefix(name, "--"), text})
		}
	}
	return rest, warnings, nil
}
