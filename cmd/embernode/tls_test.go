package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// authority is a certificate authority with a server's and a client's certificate, in files.
type authority struct {
	t           *testing.T
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir(), pool: x509.NewCertPool()}
	a.key = a.newKey()
	template := a.template("ca")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	a.certificate = template
	a.certificate = a.sign("ca", template, a.key)
	a.pool.AddCert(a.certificate)
	a.issue("server")
	a.issue("client")
	return a
}

func (a *authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a *authority) template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// issue writes name.crt and name.key.
func (a *authority) issue(name string) {
	a.t.Helper()
	a.sign(name, a.template(name), a.newKey())
}

func (a *authority) sign(name string, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		a.path(name + ".crt"): {Type: "CERTIFICATE", Bytes: der}, a.path(name + ".key"): {Type: "EC PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return certificate
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// flags are those of a server with a port for TLS.
func (a *authority) flags(port int) []string {
	return []string{
		"--tls-port", fmt.Sprint(port), "--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key"),
		"--tls-ca-cert-file", a.path("ca.crt"),
	}
}

// dial connects by TLS, with the client's certificate if that is wanted.
func (a *authority) dial(port int, certified bool) *client {
	a.t.Helper()
	socket, err := a.connect(port, certified)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &client{t: a.t, socket: socket}
	a.t.Cleanup(c.close)
	return c
}

func (a *authority) connect(port int, certified bool) (*tls.Conn, error) {
	config := &tls.Config{RootCAs: a.pool}
	if certified {
		certificate, err := tls.LoadX509KeyPair(a.path("client.crt"), a.path("client.key"))
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), config)
}

// refused reports whether a client without a certificate is turned away. With TLS 1.3 it learns so when it reads.
func (a *authority) refused(port int) bool {
	socket, err := a.connect(port, false)
	if err != nil {
		return true
	}
	defer socket.Close()
	_, err = io.WriteString(socket, encode("PING"))
	if err == nil {
		_, err = socket.Read(make([]byte, 1))
	}
	return err != nil
}

func TestTLS(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		a, ports := newAuthority(t), freePorts(t, 2)
		port := ports[0]
		s, address := serveInProcess(t, nil, append(a.flags(port), "--port", fmt.Sprint(ports[1]), "--loop", loop)...)
		plain, c := dial(t, address), a.dial(port, true)
		c.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
		value := strings.Repeat("0123456789abcdef", 1<<18)
		for _, size := range []int{0, 1, minRelay, 16 << 10, maxRelay + 1, len(value)} {
			c.expect("OK", "SET", "key", value[:size])
			c.expect(value[:size], "GET", "key")
		}
		const commands = 20_000
		go func() {
			_, _ = io.WriteString(c.socket, strings.Repeat(encode("INCR", "counter"), commands)) // what is missing shows in the replies
		}()
		for i := range commands {
			if got := c.text(); got != fmt.Sprint(i+1) {
				t.Fatalf("INCR number %d is answered by %q", i+1, got)
			}
		}
		if list := plain.call("CLIENT", "LIST"); !strings.Contains(list, "addr="+c.socket.LocalAddr().String()) ||
			!strings.Contains(list, fmt.Sprintf("laddr=127.0.0.1:%d", port)) {
			t.Errorf("CLIENT LIST: %s", list)
		}
		if !a.refused(port) {
			t.Error("a client without a certificate is served")
		}
		plain.expect("OK", "CONFIG", "SET", "tls-auth-clients", "optional")
		b := a.dial(port, false)
		b.expect("PONG", "PING")
		b.send(encode("QUIT") + strings.Repeat(encode("PING"), 10_000))
		if got := b.text(); got != "OK" {
			t.Errorf("QUIT is answered by %q", got)
		}
		b.expectEnd()
		half := a.dial(port, true)
		half.command("ECHO", "the last words")
		if err := half.socket.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got := half.text(); got != "the last words" {
			t.Errorf("a client that will send no more is answered by %q", got)
		}
		half.expectEnd()
		c.close()
		await(t, "the sockets are closed", func() bool { return connected(s) == 1 })
	})
}

// TestTLSBounds checks that clients by TLS are bounded as all others are.
func TestTLSBounds(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, loop string) {
		a, ports := newAuthority(t), freePorts(t, 2)
		port := ports[0]
		s, address := serveInProcess(t, nil, append(a.flags(port), "--port", fmt.Sprint(ports[1]), "--loop", loop, "--maxclients", "2")...)
		plain, slow := dial(t, address), a.dial(port, true)
		slow.expect("subscribe news 1", "SUBSCRIBE", "news")
		if got := a.dial(port, true).text(); got != "ERR max number of clients reached" {
			t.Errorf("one too many is told %q", got)
		}
		plain.expect("OK", "CONFIG", "SET", "client-output-buffer-limit", "pubsub 20mb 0 0")
		for range 4 {
			plain.call("PUBLISH", "news", strings.Repeat("m", 10<<20))
		}
		await(t, "the client that does not read is closed", func() bool { return connected(s) == 1 })
		// Whoever says nothing, or nonsense, is not served, and does not keep others from it.
		for _, words := range []string{"", "PING\r\n", encode("PING")} {
			c := dial(t, fmt.Sprintf("127.0.0.1:%d", port))
			c.send(words)
		}
		a.dial(port, true).expect("PONG", "PING")
	})
}

// TestTLSAlone has no port without TLS, and renews its certificate while it runs.
func TestTLSAlone(t *testing.T) {
	a, port := newAuthority(t), freePorts(t, 1)[0]
	p := start(t, t.TempDir(), a.flags(port)...)
	if p.port != 0 || p.busPort != port+busPortDistance {
		t.Errorf("it listens on %d and %d", p.port, p.busPort)
	}
	c := a.dial(port, true)
	c.expect("OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	if nodes := c.call("CLUSTER", "NODES"); !strings.Contains(nodes, fmt.Sprintf("127.0.0.1:%d@%d", port, port+busPortDistance)) {
		t.Errorf("CLUSTER NODES: %s", nodes)
	}
	before := a.serial(c)
	a.issue("server")
	c.expect("OK", "CONFIG", "SET", "tls-cert-file", a.path("server.crt"))
	if a.serial(a.dial(port, true)).Cmp(before) == 0 {
		t.Error("the certificate is not renewed")
	}
	c.expect("ERR CONFIG SET failed (possibly related to argument 'tls-cert-file') - Unable to update TLS configuration. Check server logs.",
		"CONFIG", "SET", "tls-cert-file", a.path("nosuch.crt"))
	a.dial(port, true).expect("PONG", "PING")
	// Redis's own client, which is stricter than ours.
	cli := &process{port: port}
	tls := []string{"--tls", "--cacert", a.path("ca.crt"), "--cert", a.path("client.crt"), "--key", a.path("client.key")}
	if got, ok := tool(t, "redis-cli", cli, append(tls, "set", "key", "value")...); ok && got != "OK\n" {
		t.Errorf("redis-cli: %s", got)
	}
	if got, ok := tool(t, "redis-benchmark", cli, append(tls, "-t", "set,get", "-n", "2000", "-P", "4", "--csv")...); ok &&
		(!strings.Contains(got, `"GET",`) || strings.Contains(got, "Error")) {
		t.Errorf("redis-benchmark: %s", got)
	}
	value := strings.Repeat("v", 8<<20)
	c.expect("OK", "SET", "key", value)
	c.command("GET", "key")
	if code := p.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// serial is the number of the server's certificate.
func (a *authority) serial(c *client) *big.Int {
	return c.socket.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber
}

func TestTLSRefusals(t *testing.T) {
	a := newAuthority(t)
	crt, key := a.path("server.crt"), a.path("server.key")
	for _, test := range []struct {
		args string
		want string
	}{
		{"", "tls-cert-file and tls-key-file must be given"},
		{"--tls-cert-file " + crt + " --tls-key-file /nosuch", "tls-cert-file, tls-key-file: open /nosuch"},
		{"--tls-cert-file " + crt + " --tls-key-file " + a.path("client.key"), "private key does not match"},
		{"--tls-cert-file " + crt + " --tls-key-file " + key, "tls-ca-cert-file or tls-ca-cert-dir must have a certificate"},
		{"--tls-cert-file " + crt + " --tls-key-file " + key + " --tls-ca-cert-file /nosuch", "tls-ca-cert-file: open /nosuch"},
		{"--tls-cert-file " + crt + " --tls-key-file " + key + " --tls-ca-cert-dir /nosuch", "tls-ca-cert-dir: open /nosuch"},
		{"--tls-cert-file " + crt + " --tls-key-file " + key + " --tls-protocols TLSv2", "tls-protocols: argument must be versions"},
		{"--tls-cluster yes", "nodes do not use TLS between each other"},
		{"--tls-auth-clients maybe", "must be one of the following: no, yes, optional"},
	} {
		args := append([]string{"--tls-port", fmt.Sprint(freePorts(t, 1)[0])}, strings.Fields(test.args)...)
		oneLine(t, fail(t, t.TempDir(), args...), test.want)
	}
}

func TestTLSVersions(t *testing.T) {
	for list, want := range map[string][2]uint16{
		"": {tls.VersionTLS12, tls.VersionTLS13}, "TLSv1.2 TLSv1.3": {tls.VersionTLS12, tls.VersionTLS13},
		"tlsv1.3": {tls.VersionTLS13, tls.VersionTLS13}, "TLSv1 TLSv1.1 TLSv1.2": {tls.VersionTLS10, tls.VersionTLS12},
	} {
		least, most, err := tlsVersions(list)
		if err != nil || least != want[0] || most != want[1] {
			t.Errorf("%q: %x to %x, %v", list, least, most, err)
		}
	}
	for _, list := range []string{" ", "TLSv1 TLSv1.3", "SSLv3 TLSv1.3"} {
		if _, _, err := tlsVersions(list); err == nil {
			t.Errorf("%q is taken", list)
		}
	}
}
