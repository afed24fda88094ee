// What `changeset version` writes for one change: the text as it is in its file, without the hash of a commit, because
// the changelog is for users. The two packages have one version, so a line about the other one says nothing.
module.exports = {
  getReleaseLine: async ({ summary }) => {
    const [first, ...rest] = summary.trim().split('\n');
    return [`* ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
  },
  getDependencyReleaseLine: async () => '',
};
