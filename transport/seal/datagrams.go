package seal

import (
	"bytes"
	"crypto/cipher"
	"slices"

	"github.com/ember-cluster/ember/transport"
)

// Bounds of what a bus remembers for its datagrams.
const (
	// maxPeers is how many addresses datagrams go to. Beyond it all are forgotten, and asked again.
	maxPeers = 1 << 14
	// maxSenders is how many sessions of others datagrams come from. Only holders of the secret can make one known. None can be
	// forgotten, or its datagrams could be repeated: so beyond it the bus begins a new session.
	maxSenders = 1 << 14
	// maxKept is how many datagrams are kept for an address while its session is asked for.
	maxKept = 8
)

// Datagrams seals and opens the datagrams of one bus. It is a machine without input or output of its own: what is to be sent
// is returned. Slices that it returns are valid until its next call.
type Datagrams struct {
	ring   *Ring
	random func([]byte)

	// session is this life of the bus, number that of its next datagram.
	session Session
	number  uint64

	peers map[transport.Address]*peer
	// asked are the peers that are asked for their session, by the open challenge.
	asked map[challenge]*peer
	// bySession are the peers by the session that they were last known by: several addresses may lead to one.
	bySession map[Session][]*peer
	senders   map[Session]*sender

	// Room for what is returned.
	sealed, opened []byte
	nonce          nonce
}

// A challenge is what a hello contains, and the welcome that answers it.
type challenge [16]byte

// A peer is an address that datagrams go to.
type peer struct {
	address transport.Address
	// session is where datagrams for it are sealed to, valid if known is set.
	session Session
	known   bool
	key     cachedKey
	// challenge is open if asking is set.
	challenge challenge
	asking    bool
	kept      [][]byte
}

// A sender is a session that datagrams have come from.
type sender struct {
	window window
	// keys has one for each secret, at its place in the ring.
	keys [2]cachedKey
}

// A cachedKey spares the derivation of the key that was used last.
type cachedKey struct {
	aead       cipher.AEAD
	secret     KeyID
	generation uint64
}

// NewDatagrams begins a session. Random fills a slice with bytes that nobody can guess.
func NewDatagrams(ring *Ring, random func([]byte)) *Datagrams {
	d := &Datagrams{ring: ring, random: random}
	d.begin()
	return d
}

// begin begins a session: nothing that was known before it has any meaning in it.
func (d *Datagrams) begin() {
	d.random(d.session[:])
	d.number = 0
	d.senders = map[Session]*sender{}
	d.forgetPeers()
}

func (d *Datagrams) forgetPeers() {
	d.peers = map[transport.Address]*peer{}
	d.asked = map[challenge]*peer{}
	d.bySession = map[Session][]*peer{}
}

// SetRing changes the secrets that are accepted.
func (d *Datagrams) SetRing(ring *Ring) { d.ring = ring }

// Seal returns the datagram to be sent to an address in order to bring it these bytes. While the session there is not known,
// that is a question for it, and the bytes are kept until it is answered, the newest ones if they are many.
func (d *Datagrams) Seal(to transport.Address, data []byte) []byte {
	p := d.peer(to)
	if p.known {
		return d.sealTo(p, data)
	}
	if len(p.kept) == maxKept {
		p.kept = slices.Delete(p.kept, 0, 1)
	}
	p.kept = append(p.kept, bytes.Clone(data))
	return d.ask(p)
}

// peer returns what is known of an address.
func (d *Datagrams) peer(address transport.Address) *peer {
	p := d.peers[address]
	if p != nil {
		return p
	}
	if len(d.peers) == maxPeers {
		d.forgetPeers()
	}
	p = &peer{address: address}
	d.peers[address] = p
	return p
}

// ask returns a question for a peer's session.
func (d *Datagrams) ask(p *peer) []byte {
	if !p.asking {
		p.asking = true
		d.random(p.challenge[:])
		d.asked[p.challenge] = p
	}
	return d.control(kindHello, Session{}, p.challenge[:])
}

func (d *Datagrams) sealTo(p *peer, data []byte) []byte {
	h := d.header(kindData, p.session)
	return d.seal(&h, p.key.get(d.ring.first(), &h), data)
}

// control seals a message of which so few are sent that its key is not kept.
func (d *Datagrams) control(kind packetKind, to Session, content []byte) []byte {
	h := d.header(kind, to)
	return d.seal(&h, h.key(d.ring.first()), content)
}

// header begins the next datagram of this session.
func (d *Datagrams) header(kind packetKind, to Session) header {
	h := header{kind: kind, secret: d.ring.first().id, sender: d.session, receiver: to, number: d.number}
	d.number++
	return h
}

func (d *Datagrams) seal(h *header, key cipher.AEAD, content []byte) []byte {
	d.sealed = h.append(d.sealed[:0])
	d.sealed = key.Seal(d.sealed, d.nonce.of(h.number), content, d.sealed[:headerSize])
	return d.sealed
}

// key derives the key of a datagram.
func (h *header) key(s *secret) cipher.AEAD {
	return s.key(keyUses[h.kind], h.parties(), h.generation())
}

// get returns the key of a datagram, of the same kind and between the same sessions each time.
func (c *cachedKey) get(s *secret, h *header) cipher.AEAD {
	if !c.fits(s, h) {
		*c = cachedKey{h.key(s), s.id, h.generation()}
	}
	return c.aead
}

func (c *cachedKey) fits(s *secret, h *header) bool {
	return c.aead != nil && c.secret == s.id && c.generation == h.generation()
}
