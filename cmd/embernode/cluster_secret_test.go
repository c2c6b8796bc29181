package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ember-cluster/ember/core/random"
	"github.com/ember-cluster/ember/core/topology"
	"github.com/ember-cluster/ember/core/wire"
	"github.com/ember-cluster/ember/transport/seal"
)

const (
	oldSecret = "old-secret-0123456789"
	newSecret = "new-secret-0123456789"
)

// secretFile writes secrets to a file.
func secretFile(t *testing.T, path, secrets string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(secrets), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// busCount returns a field of INFO about the bus.
func busCount(t *testing.T, c *client, name string) int {
	t.Helper()
	match := regexp.MustCompile("cluster_bus_" + name + `:(\d+)\r`).FindStringSubmatch(c.call("INFO", "stats"))
	if match == nil {
		t.Fatalf("INFO has no cluster_bus_%s", name)
	}
	count, _ := strconv.Atoi(match[1])
	return count
}

// TestSecretIsRotated changes the secret of a cluster node by node, in the three rounds of package seal. Nobody is suspected
// meanwhile, and those who know only the old one are strangers in the end.
func TestSecretIsRotated(t *testing.T) {
	file := secretFile(t, filepath.Join(t.TempDir(), "secret"), oldSecret+"\n")
	nodes := startCluster(t, 3, "--cluster-secret-file", file)
	var clients []*client
	for _, p := range nodes {
		clients = append(clients, dial(t, p.address()))
	}
	for _, secrets := range []string{oldSecret + "\n" + newSecret + "\n", newSecret + "\n" + oldSecret + "\n", newSecret + "\n"} {
		secretFile(t, file, secrets)
		for i, c := range clients {
			c.expect("OK", "CONFIG", "SET", "cluster-secret-file", file)
			for node := range nodes {
				if got := flags(c, node); strings.Contains(got, "fail") {
					t.Errorf("node %d holds node %d for %s", i, node, got)
				}
			}
		}
	}
	for i, c := range clients {
		if got := busCount(t, c, "refused_unknown_secret"); got != 0 {
			t.Errorf("node %d has refused %d messages under a secret that it did not know", i, got)
		}
	}
	// One that has slept through the change is not heard, until it is told the new secret.
	clients[2].expect("OK", "CONFIG", "SET", "cluster-secret-file", "", "cluster-secret", oldSecret)
	await(t, "the node with the old secret is not heard", func() bool { return flags(clients[0], 2) == "master,fail" })
	if busCount(t, clients[0], "refused_unknown_secret") == 0 {
		t.Error("its messages are not counted")
	}
	clients[2].expect("OK", "CONFIG", "SET", "cluster-secret", newSecret+" "+oldSecret)
	await(t, "the node is back", func() bool { return flags(clients[0], 2) == "master" })
}

// TestSecretIsBroughtIn brings a secret into a cluster that has none: its nodes are started anew one by one, and then require the secret
// in two rounds. Nobody is lost on the way.
func TestSecretIsBroughtIn(t *testing.T) {
	nodes := startCluster(t, 3)
	for i, p := range nodes {
		p.stop(syscall.SIGTERM)
		nodes[i] = start(t, p.dir, "--port", fmt.Sprint(p.port), "--cluster-node-timeout", "600",
			"--cluster-secret", oldSecret, "--cluster-secret-mode", "accept")
		for _, other := range nodes {
			dial(t, other.address()).awaitEveryone()
		}
	}
	var clients []*client
	for _, p := range nodes {
		clients = append(clients, dial(t, p.address()))
	}
	for _, mode := range []string{"prefer", "require"} {
		for _, c := range clients {
			c.expect("OK", "CONFIG", "SET", "cluster-secret-mode", mode)
			for node := range nodes {
				if got := flags(clients[0], node); strings.Contains(got, "fail") {
					t.Errorf("while they are to %s the secret node %d is %s", mode, node, got)
				}
			}
		}
	}
	for i, c := range clients {
		if taken, refused := busCount(t, c, "taken_unsealed"), busCount(t, c, "refused_not_sealed"); taken == 0 || refused > 0 {
			t.Errorf("node %d has taken %d messages without a seal, and refused %d", i, taken, refused)
		}
	}
	nodes[2].stop(syscall.SIGTERM)
	start(t, nodes[2].dir, "--port", fmt.Sprint(nodes[2].port), "--cluster-node-timeout", "600") // it has no secret
	await(t, "who has no secret is a stranger now", func() bool { return busCount(t, clients[0], "refused_not_sealed") > 0 })
}

func TestSecretIsRefused(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"--cluster-secret-mode prefer":                                                               "cluster-secret-mode prefer needs a secret",
		"--cluster-secret short":                                                                     "cluster-secret: a secret has 16 to 512 characters, not 5",
		"--cluster-secret-file " + filepath.Join(dir, "none"):                                        "none: No such file or directory",
		"--cluster-secret-file " + secretFile(t, filepath.Join(dir, "empty"), "\n"):                  "there is no secret",
		"--cluster-secret-file " + secretFile(t, filepath.Join(dir, "three"), "a b c"):               "3 secrets, at most two",
		"--cluster-secret-file " + filepath.Join(dir, "none") + " --cluster-secret 0123456789abcdef": "cluster-secret and cluster-secret-file are both given",
	} {
		oneLine(t, fail(t, t.TempDir(), strings.Fields(args)...), want)
	}
	plain := dial(t, start(t, t.TempDir()).address())
	plain.expect("ERR CONFIG SET failed (possibly related to argument 'cluster-secret') - "+
		"whether there is a secret at all is decided at the start of a node", "CONFIG", "SET", "cluster-secret", oldSecret)
	sealed := dial(t, start(t, t.TempDir(), "--cluster-secret", oldSecret).address())
	sealed.expect("ERR CONFIG SET failed (possibly related to argument 'cluster-secret') - "+
		"whether there is a secret at all is decided at the start of a node", "CONFIG", "SET", "cluster-secret", "")
	sealed.expect("ERR CONFIG SET failed (possibly related to argument 'cluster-secret') - cluster-secret: a secret has 16 to 512 characters, not 1",
		"CONFIG", "SET", "cluster-secret", "x")
	sealed.expect("cluster-secret "+oldSecret, "CONFIG", "GET", "cluster-secret")
}

// TestOpenPortIsTold: a node that strangers can reach says so, unless it has a secret.
func TestOpenPortIsTold(t *testing.T) {
	const warning = "NOTHING PROTECTS THE CLUSTER PORT"
	for _, test := range []struct {
		args string
		told bool
	}{
		{"--bind 127.0.0.1", false},
		{"--bind 0.0.0.0", true},
		{"--bind 127.0.0.1 --cluster-secret " + oldSecret, false},
		{"--bind 0.0.0.0 --cluster-secret " + oldSecret, false},
	} {
		p := start(t, t.TempDir(), strings.Fields(test.args)...)
		dial(t, p.address()).expect("PONG", "PING")
		p.kill()
		if told := strings.Contains(p.log.String(), warning); told != test.told {
			t.Errorf("%s: warned %v", test.args, told)
		}
	}
	file := secretFile(t, filepath.Join(t.TempDir(), "secret"), oldSecret)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, t.TempDir(), "--cluster-secret-file", file)
	dial(t, p.address()).expect("PONG", "PING")
	p.kill()
	if !strings.Contains(p.log.String(), "others than its owner can use the file") {
		t.Errorf("nothing is said of a file that others can read:\n%s", p.log)
	}
}

// TestHostilePeersOfASealedBus sends to a sealed bus what is garbage, what is not sealed, and what begins as a sealed message. None
// of it gets as far as the node, all of it is counted.
func TestHostilePeersOfASealedBus(t *testing.T) {
	p := serving(t, "--cluster-secret", oldSecret)
	bus := fmt.Sprintf("127.0.0.1:%d", p.busPort)
	datagrams, err := net.Dial("udp", bus)
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	source := random.New(3)
	stranger := wire.Envelope{Kind: wire.KindGossip, Sender: wire.NodeID{1}, Boot: 1, Payload: []byte("hello")}
	for range 200 {
		for _, message := range [][]byte{
			nil, garbage(source, source.IntN(1400)), stranger.Append(nil), append([]byte("EMS\x14"), garbage(source, source.IntN(1300))...),
		} {
			_, _ = datagrams.Write(message)
		}
		for _, opening := range []string{"", "EMT\x01", "EMBR\x01"} {
			stream, err := net.Dial("tcp", bus)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = stream.Write(append([]byte(opening), garbage(source, source.IntN(5000))...))
			stream.Close()
		}
	}
	c := dial(t, p.address())
	for _, kind := range []string{"not_sealed", "truncated", "unknown_secret"} {
		await(t, kind+" is counted", func() bool { return busCount(t, c, "refused_"+kind) > 0 })
	}
	if got := busCount(t, c, "dropped"); got != 0 {
		t.Errorf("%d messages got as far as the node", got)
	}
	if got := busCount(t, c, "sealed"); got != 1 {
		t.Errorf("INFO says of the seal %d", got)
	}
	c.expect("OK", "SET", "key", "value")
}

// TestMistreatedDatagrams has somebody between two nodes who repeats every datagram, now and much later, and changes and cuts it. The
// nodes refuse all of that and hear each other as if nothing had been.
func TestMistreatedDatagrams(t *testing.T) {
	ports := freePorts(t, 4)
	bound, outside := ports[:2], ports[2:]
	nodes := make([]topology.Node, len(bound))
	for i, port := range outside {
		nodes[i] = topology.Node{Host: "127.0.0.2", ClientPort: uint16(port), BusPort: uint16(port + busPortDistance)}
		forward(t, fmt.Sprintf("127.0.0.2:%d", port+busPortDistance), fmt.Sprintf("127.0.0.1:%d", bound[i]+busPortDistance), false)
		var recorded [][]byte
		forwardDatagrams(t, fmt.Sprintf("127.0.0.2:%d", port+busPortDistance), fmt.Sprintf("127.0.0.1:%d", bound[i]+busPortDistance),
			func(data []byte) [][]byte {
				changed := bytes.Clone(data)
				changed[len(changed)/2] ^= 1
				recorded = append(recorded, bytes.Clone(data))
				return [][]byte{changed, data, data[:len(data)-1], data, recorded[len(recorded)/2], recorded[0]}
			})
	}
	var clients []*client
	for i, dir := range formatNodes(t, nodes) {
		clients = append(clients, dial(t, start(t, dir, "--port", fmt.Sprint(bound[i]), "--cluster-node-timeout", "600",
			"--cluster-secret", oldSecret, "--cluster-announce-ip", "127.0.0.2", "--cluster-announce-port", fmt.Sprint(outside[i]),
			"--cluster-announce-bus-port", fmt.Sprint(outside[i]+busPortDistance)).address()))
	}
	for i, c := range clients {
		c.awaitEveryone()
		for _, kind := range []string{"replayed", "forged"} {
			await(t, "what is "+kind+" is refused", func() bool { return busCount(t, c, "refused_"+kind) > 20 })
		}
		if got := busCount(t, c, "dropped"); got != 0 {
			t.Errorf("%d messages that should have been refused got as far as node %d", got, i)
		}
		// Where the processor is busy elsewhere a node may be late for a moment.
		await(t, "the other node is held for well", func() bool { return flags(c, 1-i) == "master" })
	}
}

func TestRefusalsAreReported(t *testing.T) {
	var before, now seal.Counters
	before[seal.Forged], now[seal.Forged] = 3, 3
	now[seal.StaleSession], now[seal.Truncated] = 5, 1
	if report := reportRefusals(&before, &now); report != nil {
		t.Errorf("of a restarted peer is told %v", report)
	}
	now[seal.Forged], now[seal.UnknownSecret] = 4, 7
	if report := fmt.Sprint(reportRefusals(&before, &now)); report != "[unknown_secret 7 forged 1]" {
		t.Errorf("told %s", report)
	}
}
