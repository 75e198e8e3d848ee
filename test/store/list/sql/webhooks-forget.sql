
      delete
from delivery
      
where (webhook_id, position) in (
         select webhook_id, position
from delivery
         
where ended_at < now() - $1 * interval '1 day'
         
order by ended_at
         
limit 2000)
