package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"

	"github.com/minio/minio-go/v7"
)

// objectName never begins with a tenant's UUID, so it is never a blob's.
var objectName = regexp.MustCompile(`^[a-z]+(/[0-9A-Za-z][0-9A-Za-z._-]*)+$`)

const namedLimit = 64 << 20 // bytes of one object that Named reads

// PutNamed writes content under a name of the caller's, over what was there,
// and makes the bucket if it is missing. ErrName if the name is not a word,
// followed by more of them after slashes.
func (s *S3) PutNamed(ctx context.Context, name string, content []byte) error {
	if !objectName.MatchString(name) {
		return ErrName
	}
	put := func() error {
		_, err := s.client.PutObject(ctx, s.bucket, name, bytes.NewReader(content), int64(len(content)),
			minio.PutObjectOptions{ContentType: "application/octet-stream"})
		return err
	}
	err := put()
	if minio.ToErrorResponse(err).Code == minio.NoSuchBucket {
		if err = s.ensureBucket(ctx, s.region); err != nil {
			return err
		}
		err = put()
	}
	if err != nil {
		return remote("write "+name, err)
	}
	return nil
}

// Named reads every object whose name begins with prefix, in the order of their
// names; none if there is no such object, or no bucket yet.
func (s *S3) Named(ctx context.Context, prefix string) ([][]byte, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing when a read fails
	defer cancel()
	var all [][]byte
	for info := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if minio.ToErrorResponse(info.Err).Code == minio.NoSuchBucket {
			return nil, nil
		}
		if info.Err != nil {
			return nil, remote("list "+prefix, info.Err)
		}
		content, err := s.readNamed(ctx, info.Key)
		if err != nil {
			return nil, err
		}
		all = append(all, content)
	}
	return all, nil
}

func (s *S3) readNamed(ctx context.Context, name string) ([]byte, error) {
	obj, err := s.client.GetObject(ctx, s.bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, remote("read "+name, err)
	}
	defer func() { _ = obj.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(obj, namedLimit+1))
	if err != nil {
		return nil, remote("read "+name, err)
	}
	if len(content) > namedLimit {
		return nil, fmt.Errorf("read %s: %w", name, ErrTooLarge)
	}
	return content, nil
}
