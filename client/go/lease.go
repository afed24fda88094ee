package carillon

import "strings"

// lease stands for the token when the client reconnects, so that the server need not look the token up. It is kept in memory
// only.
type lease struct {
	text string
	// token of the connection that the lease came with. A program that has another token by now may be another user.
	token string
}

func newLease(text, token string) lease {
	if len(text) > maxLeaseBytes || strings.ContainsFunc(text, isNoLeaseCharacter) {
		return lease{}
	}
	return lease{text: text, token: token}
}

func isNoLeaseCharacter(r rune) bool {
	isLetter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !isLetter && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
}

// of returns the lease to send for this token; empty if there is none.
func (l lease) of(token string) string {
	if token != l.token {
		return ""
	}
	return l.text
}
