package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestBadDirectories(t *testing.T) {
	t.Run("locked", func(t *testing.T) {
		dir := t.TempDir()
		p := start(t, dir)
		oneLine(t, fail(t, dir), dir, "in use by another process", fmt.Sprint(p.command.Process.Pid))
	})
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		oneLine(t, fail(t, path), path, "not a directory")
	})
}

func TestDamagedLog(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if code := start(t, dir).stop(syscall.SIGTERM); code != 0 {
			t.Fatalf("exit status %d", code)
		}
	}
	path := filepath.Join(dir, "ember-000001.log")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[150] ^= 1 // inside of the first record
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	oneLine(t, fail(t, dir), path, "damaged", "offset")
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(content) {
		t.Errorf("the damaged log was changed (%v)", err)
	}
}

func TestUsedPorts(t *testing.T) {
	port := freePorts(t, 1)[0]
	for what, taken := range map[string]int{"clients": port, "other nodes": port + busPortDistance} {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", taken))
		if err != nil {
			t.Fatal(err)
		}
		oneLine(t, fail(t, t.TempDir(), "--port", fmt.Sprint(port)), what, fmt.Sprint(taken), "address already in use")
		listener.Close()
	}
	datagrams, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port+busPortDistance))
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	oneLine(t, fail(t, t.TempDir(), "--port", fmt.Sprint(port)), "other nodes", fmt.Sprint(port+busPortDistance), "address already in use")
}

// writeConfig writes a configuration file and returns its path.
func writeConfig(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ember.conf")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRefusedCommandLines(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--nosuch", "1"}, "unknown flag --nosuch"},
		{[]string{"--port", "65536"}, "argument must be between 0 and 65535"},
		{[]string{"--port", "60000"}, "leaves no room for the cluster port"},
		{[]string{"--port", "7000", "--cluster-port", "7000"}, "port and cluster-port are both 7000"},
		{[]string{"--daemonize", "yes"}, "--daemonize: embernode stays in the foreground"},
		{[]string{"--appendonly", "yes"}, "--appendonly: data is not yet durable"},
		{[]string{"--aclfile=users.acl"}, "--aclfile: not supported"},
		{[]string{"--maxclients", "0"}, "argument must be between 1 and 4294967295"},
		{[]string{"--client-output-buffer-limit", "pubsub", "1", "1"}, "Wrong number of arguments in buffer limit"},
		{[]string{"--client-output-buffer-limit"}, "missing value"},
		{[]string{"--bind", "nowhere.example"}, "argument must be IP addresses"},
		{[]string{"--bind"}, "missing value"},
		{[]string{"--cluster-announce-hostname", "a_b"}, "Hostnames may only contain"},
		{[]string{"--cluster-announce-ip", "0.0.0.0"}, "at which others reach this node"},
		{[]string{"--cluster-require-full-coverage", "maybe"}, "argument must be 'yes' or 'no'"},
		{[]string{"--client-query-buffer-limit", "1k"}, "argument must be between 1048576"},
		{[]string{"--loglevel", "loud"}, "argument(s) must be one of the following: debug"},
		{[]string{"--logfile", "/nonexistent/log"}, "logfile: open /nonexistent/log"},
		{[]string{"/nonexistent/ember.conf"}, "configuration file /nonexistent/ember.conf: no such file or directory"},
		{[]string{"a.conf", "b.conf"}, "a.conf"},
		{[]string{"--port", "7000", "a.conf"}, "the configuration file a.conf must come first"},
	} {
		var out, complaint strings.Builder
		if code := run(test.args, &out, &complaint); code != 1 {
			t.Errorf("%q: exit status %d, want 1", test.args, code)
		}
		oneLine(t, complaint.String(), test.want)
		if out.Len() > 0 {
			t.Errorf("%q: this is on the standard output: %s", test.args, &out)
		}
	}
}

func TestRefusedConfigFiles(t *testing.T) {
	for line, want := range map[string]string{
		"foo bar":                         "unknown directive 'foo'",
		"*3":                              "unknown directive '*3'",
		"help yes":                        "unknown directive 'help'",
		"port many":                       `port: argument must be between 0 and 65535, not "many"`,
		"port":                            "port: wrong number of arguments",
		"port 1 2":                        "port: wrong number of arguments",
		`logfile "unfinished`:             "unbalanced quotes",
		"client-output-buffer-limit a":    "client-output-buffer-limit: Wrong number of arguments in buffer limit",
		"timeout 1 2":                     "timeout: wrong number of arguments",
		"client-query-buffer-limit 1tb":   "client-query-buffer-limit: argument must be a memory value",
		"appendonly yes":                  "appendonly: data is not yet durable",
		"cluster-enabled no":              "cluster-enabled: embernode is always a node of a cluster",
		"maxmemory lots":                  "maxmemory: argument must be a memory value",
		"tls-ciphers X":                   "tls-ciphers: not supported",
		"notify-keyspace-events KEA":      "notify-keyspace-events: not supported",
		"cluster-node-timeout 0":          "cluster-node-timeout: argument must be between",
		"bind 127.0.0.1 not-an-address":   "bind: argument must be IP addresses",
		"cluster-announce-ip example.com": "cluster-announce-ip: argument must be an IP address",
	} {
		path := writeConfig(t, "# a comment", "", line)
		var complaint strings.Builder
		if code := run([]string{path}, &complaint, &complaint); code != 1 {
			t.Errorf("%s: exit status %d, want 1", line, code)
		}
		oneLine(t, complaint.String(), path+":3: "+want)
	}
}
