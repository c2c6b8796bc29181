package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// recoverCluster runs `embernode recover` and returns what it says and its exit status.
func recoverCluster(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], append([]string{"recover"}, args...)...)
	command.Env = append(os.Environ(), asCommand+"=1")
	var out, err strings.Builder
	command.Stdout, command.Stderr = &out, &err
	_ = command.Run() // the status is in ProcessState
	return out.String(), err.String(), command.ProcessState.ExitCode()
}

// infoField returns a field of INFO.
func (c *client) infoField(section, name string) string {
	c.t.Helper()
	for line := range strings.SplitSeq(c.call("INFO", section), "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	c.t.Fatalf("INFO %s has no %s", section, name)
	return ""
}

// TestRecover loses two of three voters for good. The third cannot change anything, until an operator says that it decides alone.
// Then all goes on, in a new generation: a lost voter that comes back follows, and one that was forgotten meanwhile does not come back.
func TestRecover(t *testing.T) {
	ports := freePorts(t, 3)
	dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	args := func(i int) []string {
		all := []string{"--port", fmt.Sprint(ports[i]), "--cluster-node-timeout", "600"}
		if i == 0 {
			return append(all, "--cluster-init")
		}
		return append(all, "--seed-peers", fmt.Sprintf("127.0.0.1:%d", ports[0]))
	}
	var nodes []*process
	for i := range ports {
		nodes = append(nodes, start(t, dirs[i], args(i)...))
	}
	c := dial(t, nodes[0].address())
	await(t, "three nodes vote", func() bool {
		return c.infoField("cluster", "cluster_voters") == "3" && c.infoField("cluster", "cluster_voter") == "1"
	})
	var ids []string
	for _, p := range nodes {
		other := dial(t, p.address())
		await(t, "all nodes know of the voters", func() bool { return other.infoField("cluster", "cluster_voters") == "3" })
		ids = append(ids, other.call("CLUSTER", "MYID"))
	}
	await(t, "all slots are there", func() bool { return strings.Contains(c.call("CLUSTER", "INFO"), "cluster_state:ok") })
	before := c.call("CLUSTER", "NODES")

	_, stderr, status := recoverCluster(t, "--yes", dirs[0])
	oneLine(t, stderr, "in use by another process")
	if status != 1 {
		t.Errorf("exit status %d for a node that runs", status)
	}
	nodes[1].kill()
	nodes[2].kill()
	if got := c.call("CLUSTER", "DELSLOTS", "7"); !strings.HasPrefix(got, "ERR The change of the configuration was not decided") {
		t.Errorf("without a quorum a change is answered by %q", got)
	}
	if code := nodes[0].stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit status %d", code)
	}

	refuseToRecover(t, dirs)
	stdout, stderr, status := recoverCluster(t, "--yes", dirs[0])
	if status != 0 || !strings.Contains(stdout, "DONE. "+ids[0]+" decides alone now, in generation 2.") {
		t.Fatalf("status %d:\n%s%s", status, stdout, stderr)
	}

	nodes[0] = start(t, dirs[0], args(0)...)
	c = dial(t, nodes[0].address())
	c.expect("OK", "CLUSTER", "DELSLOTS", "7")
	if got := c.infoField("cluster", "cluster_config_generation"); got != "2" {
		t.Errorf("generation %s", got)
	}
	if after := c.call("CLUSTER", "NODES"); epochOf(t, after, ids[0]) <= epochOf(t, before, ids[0]) {
		t.Errorf("epochs were not raised:\n%s%s", before, after)
	}
	await(t, "a lost node can be forgotten", func() bool { return c.call("CLUSTER", "FORGET", ids[2]) == "OK" })

	// One that is still a member follows. One that is none is told so: it is a cluster of its own then, and may come again.
	nodes[1] = start(t, dirs[1], args(1)...)
	follower := dial(t, nodes[1].address())
	await(t, "it follows", func() bool { return follower.infoField("cluster", "cluster_config_generation") == "2" })
	follower.expect("OK", "CLUSTER", "ADDSLOTS", "7")
	nodes[2] = start(t, dirs[2], args(2)[:4]...)
	stranger := dial(t, nodes[2].address())
	await(t, "the forgotten node is alone", func() bool { return strings.Contains(stranger.call("CLUSTER", "INFO"), "cluster_known_nodes:1\r") })
	if got := c.call("CLUSTER", "NODES"); strings.Contains(got, ids[2]) {
		t.Errorf("the forgotten node is back:\n%s", got)
	}
	stranger.expect("OK", "CLUSTER", "MEET", "127.0.0.1", fmt.Sprint(ports[0]))
	await(t, "it may come again", func() bool { return strings.Contains(c.call("CLUSTER", "NODES"), ids[2]) })
	if got := stranger.infoField("cluster", "cluster_config_generation"); got != "2" {
		t.Errorf("it came into generation %s", got)
	}
}

// refuseToRecover tries what must not be done.
func refuseToRecover(t *testing.T, dirs []string) {
	t.Helper()
	stdout, stderr, status := recoverCluster(t, dirs[0])
	oneLine(t, stderr, "nothing was changed: give --yes to do this")
	if status != 1 || !strings.Contains(stdout, "IS BEGUN ANEW") || !strings.Contains(stdout, "FOR GOOD") {
		t.Errorf("status %d:\n%s", status, stdout)
	}
	_, stderr, _ = recoverCluster(t, "--yes", dirs[0], dirs[1])
	oneLine(t, stderr, "nothing is lost: 2 of 3 voters are here")
	_, stderr, _ = recoverCluster(t, "--yes", t.TempDir())
	oneLine(t, stderr, "there is no node in")
	other := t.TempDir()
	start(t, other).stop(syscall.SIGTERM)
	_, stderr, _ = recoverCluster(t, "--yes", dirs[0], other)
	oneLine(t, stderr, "are of two clusters")
	_, stderr, _ = recoverCluster(t, "--yes", other)
	oneLine(t, stderr, "nothing is lost: 1 of 1 voters are here")
}

// epochOf returns the epoch that CLUSTER NODES has for a node.
func epochOf(t *testing.T, nodes, id string) int {
	t.Helper()
	for line := range strings.SplitSeq(nodes, "\n") {
		if fields := strings.Fields(line); len(fields) > 6 && fields[0] == id {
			var epoch int
			if _, err := fmt.Sscan(fields[6], &epoch); err == nil {
				return epoch
			}
		}
	}
	t.Fatalf("no node %s in:\n%s", id, nodes)
	return 0
}
