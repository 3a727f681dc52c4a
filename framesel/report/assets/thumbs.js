// Where pictures come from: inside the page, from a folder beside it, or from the desk.

const { store, share, unpack } = framesel;
const blocks = new Map();
const urls = new Map();

/** One of the page's blocks of pictures, read when the first of its pictures is wanted. */
function block(number) {
  if (!blocks.has(number)) {
    const node = document.getElementById(`thumbs-${number}`);
    blocks.set(number, node ? JSON.parse(node.textContent) : {});
  }
  return blocks.get(number);
}

function inline(row) {
  const number = store.story.thumb_blocks?.[row];
  const packed = number === undefined ? null : block(number)[row];
  if (!packed) return null;
  return URL.createObjectURL(new Blob([unpack(packed)], { type: "image/jpeg" }));
}

/** Changes with what is blurred, so that no picture from before is shown. */
function version(row) {
  const blurs = store.card(row)?.blurs ?? [];
  let sum = 0;
  for (const letter of blurs.length ? JSON.stringify(blurs) : "") sum = (sum * 31 + letter.charCodeAt(0)) | 0;
  return sum === 0 ? "" : (sum >>> 0).toString(36);
}

const query = (parts) => {
  const text = new URLSearchParams(parts.filter(([, value]) => value !== "")).toString();
  return text ? `?${text}` : "";
};

/** A small picture's address, or null; `side` is its longer side, which only the desk can choose. */
async function thumb(row, side = 320) {
  if (store.story.media === "desk") {
    return `/thumb/${row}.jpg${query([["s", String(side)], ["v", version(row)]])}`;
  }
  if (store.story.media === "folder") return `thumbs/${row}.jpg`;
  if (!urls.has(row)) urls.set(row, inline(row));
  return urls.get(row);
}

/** The address of the whole frame, or null where none was exported. */
function picture(row) {
  if (store.story.media === "desk") return `/frame/${row}.jpg${query([["v", version(row)]])}`;
  const path = store.card(row)?.image;
  // File names are not addresses: each part is escaped, and none can become a scheme or a host.
  return path ? path.split("/").filter(Boolean).map(encodeURIComponent).join("/") : null;
}

share({ thumb, picture });
