package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// requireRedis makes the lack of Redis's own programs a failure.
const requireRedis = "EMBER_REQUIRE_REDIS"

// tool runs one of Redis's programs against a node and returns what it says, or reports false if the host lacks it.
func tool(t *testing.T, name string, p *process, args ...string) (output string, ok bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv(requireRedis) != "" {
			t.Errorf("%s is set, but: %v", requireRedis, err)
		}
		t.Logf("not run: %v", err)
		return "", false
	}
	out, err := exec.CommandContext(t.Context(), path, append([]string{"-h", "127.0.0.1", "-p", fmt.Sprint(p.port)}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out), true
}

func TestRedisCLI(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		nodes := startCluster(t, 2, "--loop", loop)
		for _, test := range []struct {
			args []string
			want string
		}{
			{[]string{"ping"}, "PONG"},
			{[]string{"-c", "set", "foo", "bar"}, "OK"},
			{[]string{"-c", "get", "foo"}, "bar"},
			{[]string{"-c", "-3", "set", "other", "value"}, "OK"},
			{[]string{"cluster", "info"}, "cluster_slots_assigned:16384"},
			{[]string{"config", "get", "maxmemory"}, "maxmemory"},
		} {
			if got, ok := tool(t, "redis-cli", nodes[0], test.args...); ok && !strings.Contains(got, test.want) {
				t.Errorf("redis-cli %v: %s", test.args, got)
			}
		}
		for _, p := range nodes {
			out, ok := tool(t, "redis-cli", p, "--cluster", "check", p.address())
			if ok && !strings.Contains(out, "[OK] All 16384 slots covered.") {
				t.Errorf("redis-cli --cluster check: %s", out)
			}
		}
	})
}

func TestRedisBenchmark(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		alone, nodes := serving(t, "--loop", loop), startCluster(t, 2, "--loop", loop)
		for _, test := range []struct {
			node *process
			args []string
		}{
			{alone, []string{"-t", "set,get,incr", "-n", "2000", "-c", "20"}},
			{alone, []string{"-t", "set,get", "-n", "20000", "-P", "16", "-d", "64"}},
			{nodes[0], []string{"--cluster", "-t", "set,get", "-n", "5000", "-r", "1000"}},
		} {
			out, ok := tool(t, "redis-benchmark", test.node, append(test.args, "--csv")...)
			if ok && (strings.Contains(out, "Error") || !strings.Contains(out, "\"GET\",")) {
				t.Errorf("redis-benchmark %v: %s", test.args, out)
			}
		}
	})
}
