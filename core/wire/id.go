package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// NodeID names a node for its whole life, over restarts and changes of address. Redis shows it as 40 hexadecimal digits.
type NodeID [20]byte

// ClusterID names a cluster: 32 hexadecimal digits as text.
type ClusterID [16]byte

// ParseNodeID reads 40 hexadecimal digits, in lower case as Redis writes them.
func ParseNodeID(text string) (id NodeID, err error) {
	err = parseHex(id[:], text, "node")
	return id, err
}

// ParseClusterID reads 32 hexadecimal digits, in lower case.
func ParseClusterID(text string) (id ClusterID, err error) {
	err = parseHex(id[:], text, "cluster")
	return id, err
}

// parseHex fills dst from exactly as many lower-case digits as it needs, and leaves it as it is on an error.
func parseHex(dst []byte, text, what string) error {
	if len(text) != 2*len(dst) {
		return fmt.Errorf("wire: a %s id has %d hexadecimal digits, not %d", what, 2*len(dst), len(text))
	}
	for _, digit := range []byte(text) {
		if (digit < '0' || digit > '9') && (digit < 'a' || digit > 'f') {
			return fmt.Errorf("wire: %q is no digit of a %s id", digit, what)
		}
	}
	_, err := hex.Decode(dst, []byte(text))
	return err
}

// String returns the id's 40 hexadecimal digits.
func (id NodeID) String() string { return hex.EncodeToString(id[:]) }

// AppendHex appends what String returns.
func (id NodeID) AppendHex(dst []byte) []byte { return hex.AppendEncode(dst, id[:]) }

// Compare orders ids as their bytes, and so as their texts.
func (id NodeID) Compare(other NodeID) int { return bytes.Compare(id[:], other[:]) }

// IsZero reports whether id is the zero value, which names no node.
func (id NodeID) IsZero() bool { return id == NodeID{} }

// String returns the id's 32 hexadecimal digits.
func (id ClusterID) String() string { return hex.EncodeToString(id[:]) }

// Compare orders ids as their bytes, and so as their texts.
func (id ClusterID) Compare(other ClusterID) int { return bytes.Compare(id[:], other[:]) }

// IsZero reports whether id is the zero value, which names no cluster.
func (id ClusterID) IsZero() bool { return id == ClusterID{} }
