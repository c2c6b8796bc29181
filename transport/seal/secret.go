package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Bounds of a secret, in bytes. The least is for those that are random in every byte; 32 are better.
const (
	MinSecret = 16
	MaxSecret = 512
)

// A KeyID tells secrets apart in the open. It says nothing of the secret.
type KeyID [4]byte

// A secret is what is needed of a cluster's secret.
type secret struct {
	id KeyID
	// pseudorandom is the output of HKDF-Extract.
	pseudorandom []byte
}

// Ring is the secrets that a bus accepts: one, or two while the secret is changed. The first one seals. It is not changed
// after it was made.
type Ring struct{ secrets []secret }

// ParseRing reads one or two secrets with white space between them. An error is one line without any part of a secret.
func ParseRing(text string) (*Ring, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, errors.New("there is no secret")
	}
	if len(words) > 2 {
		return nil, fmt.Errorf("%d secrets, at most two are accepted: the one to seal with, and another one to open with", len(words))
	}
	r := &Ring{}
	for _, word := range words {
		if len(word) < MinSecret || len(word) > MaxSecret {
			return nil, fmt.Errorf("a secret has %d to %d characters, not %d", MinSecret, MaxSecret, len(word))
		}
		s := newSecret(word)
		if r.find(s.id) != nil {
			return nil, errors.New("both secrets are the same, or have the same id by chance: choose another")
		}
		r.secrets = append(r.secrets, s)
	}
	return r, nil
}

func newSecret(text string) secret {
	pseudorandom, err := hkdf.Extract(sha256.New, []byte(text), []byte("ember cluster secret 1"))
	if err != nil {
		panic("seal: HKDF-Extract: " + err.Error())
	}
	s := secret{pseudorandom: pseudorandom}
	copy(s.id[:], s.expand("id of the secret", len(s.id)))
	return s
}

// first returns the secret that seals.
func (r *Ring) first() *secret { return &r.secrets[0] }

// find returns the secret of that id, or nil.
func (r *Ring) find(id KeyID) *secret {
	for i := range r.secrets {
		if r.secrets[i].id == id {
			return &r.secrets[i]
		}
	}
	return nil
}

// place returns the index of one of the ring's secrets.
func (r *Ring) place(s *secret) int {
	if s == r.first() {
		return 0
	}
	return 1
}

// String tells the ids of the secrets, the sealing one first.
func (r *Ring) String() string {
	var out bytes.Buffer
	for i := range r.secrets {
		fmt.Fprintf(&out, "%x ", r.secrets[i].id)
	}
	return strings.TrimSpace(out.String())
}

func (s *secret) expand(label string, size int) []byte {
	key, err := hkdf.Expand(sha256.New, s.pseudorandom, label, size)
	if err != nil {
		panic("seal: HKDF-Expand: " + err.Error())
	}
	return key
}

// key derives the AES-256-GCM key of a use, between parties, for the numbers of one generation. Labels cannot be taken
// for one another: within a use the parties have one size.
func (s *secret) key(use string, parties []byte, generation uint64) cipher.AEAD {
	label := binary.BigEndian.AppendUint64(append(append(make([]byte, 0, 96), use...), parties...), generation)
	block, err := aes.NewCipher(s.expand(string(label), 32))
	if err != nil {
		panic("seal: AES: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("seal: GCM: " + err.Error())
	}
	return aead
}

const (
	tagSize   = 16
	nonceSize = 12
)

// A nonce is the deterministic nonce of a number. It is kept where it is used, since its address is taken.
type nonce [nonceSize]byte

func (n *nonce) of(number uint64) []byte {
	binary.BigEndian.PutUint64(n[nonceSize-8:], number)
	return n[:]
}
