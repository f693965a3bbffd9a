-- book.lua - pandoc's filter for tests/tools/book: reads the pages and
-- programs that BOOK_PARTS names, and puts them together.
--
-- A heading's id is that of GitHub, behind its page's path, so that the same
-- heading may stand in all chapters. Links follow.

local parts, in_book = {}, {}
for part in os.getenv('BOOK_PARTS'):gmatch('%S+') do
  table.insert(parts, part)
  in_book[part] = true
end

local function text_of(path)
  local file = assert(io.open(path))
  local text = file:read('a')
  file:close()
  return text
end

-- '-' and '_' are the only signs that stay; a space becomes '-'
local function github_id(text)
  return (text:lower():gsub('%p', function(sign)
    return sign:match('[-_]') or ''
  end):gsub(' ', '-'))
end

-- The path that a link from page means, without . and ..
local function resolve(page, target)
  local steps = {}
  for step in (page:gsub('[^/]*$', '') .. target):gmatch('[^/]+') do
    if step == '..' then
      table.remove(steps)
    elseif step ~= '.' then
      table.insert(steps, step)
    end
  end
  return table.concat(steps, '/')
end

local function link_from(page)
  return function(link)
    if link.target:match('^%a+:') then
      return nil -- elsewhere
    end
    local target, anchor = link.target:match('^([^#]*)#?(.*)$')
    local path = target == '' and page or resolve(page, target)
    if not in_book[path] then
      link.target = '../' .. path
    elseif anchor == '' then
      link.target = '#' .. path
    else
      link.target = '#' .. path .. ':' .. anchor
    end
    return link
  end
end

local escapes = {['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;'}
local function escape(text)
  return (text:gsub('[&<>]', escapes))
end

-- A transcript: what one types stands out
local function console(block)
  local lines = {}
  for line in (block.text .. '\n'):gmatch('(.-)\n') do
    local command = line:match('^%$ (.*)$')
    table.insert(lines, command
      and '<span class="prompt">$ </span><b>' .. escape(command) .. '</b>'
      or escape(line))
  end
  return pandoc.RawBlock('html', '<pre class="console"><code>' ..
    table.concat(lines, '\n') .. '</code></pre>')
end

local function code(block)
  if (block.classes[1] or ''):match('^console') then
    return console(block)
  end
end

-- Answers are folded away on the screen (book.html), and open on paper
local function answers(block)
  block.text = block.text:gsub('<details>', '<details open>')
  return block
end

local function heading_from(page)
  local seen, first = {}, true
  return function(header)
    local id = github_id(pandoc.utils.stringify(header))
    seen[id] = (seen[id] or -1) + 1
    if seen[id] > 0 then
      id = id .. '-' .. seen[id]
    end
    header.identifier = first and page or page .. ':' .. id
    first = false
    return header
  end
end

local function read_page(path)
  local page = pandoc.read(text_of(path), 'gfm-gfm_auto_identifiers')
  return pandoc.walk_block(pandoc.Div(page.blocks), {
    Header = heading_from(path), Link = link_from(path),
    CodeBlock = code, RawBlock = answers,
  }).content
end

local function read_program(path)
  return {
    pandoc.Header(2, pandoc.Code(path), {id = path, class = 'program'}),
    pandoc.CodeBlock(text_of(path), {class = 'c program'}),
  }
end

function Pandoc(book)
  for _, part in ipairs(parts) do
    local read = part:match('%.c$') and read_program or read_page
    for _, block in ipairs(read(part)) do
      table.insert(book.blocks, block)
    end
  end
  return book
end
