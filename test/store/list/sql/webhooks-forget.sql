
      delete
from delivery
      
where (webhook_id, position) in (
         select webhook_id, position
from delivery
         
where ended < now() - $1 * interval '1 day'
         
order by ended
         
limit 2000)
