package carillon

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// CursorStore keeps the position of a subscription for the next process. The client saves the cursor of each item that is
// processed, before it returns the next one, so a process that ends between the two gets the item again: delivery between
// processes is at least once. A store that is slow may save every tenth.
type CursorStore interface {
	// Load returns the cursor that was saved last; empty if there is none.
	Load(ctx context.Context) (string, error)
	// Save keeps a cursor. If it fails, the subscription ends with its error.
	Save(ctx context.Context, cursor string) error
}

// FileCursor keeps the position in the file with this name. Each subscription needs its own file.
type FileCursor string

// Load implements [CursorStore].
func (name FileCursor) Load(context.Context) (string, error) {
	text, err := os.ReadFile(string(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// Save implements [CursorStore]. The file has the old cursor or the new one, and never a part.
func (name FileCursor) Save(_ context.Context, cursor string) error {
	file, err := os.CreateTemp(filepath.Dir(string(name)), filepath.Base(string(name))+".*")
	if err != nil {
		return err
	}
	_, err = file.WriteString(cursor + "\n")
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), string(name))
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
